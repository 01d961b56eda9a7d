/// Numbered elements in doubly linked lists, each element in at most one list. Everything is O(1).
struct LinkedLists: ~Copyable {
    /// The ends of a list; -1 if it is empty.
    struct List {
        var first: Int32 = -1
        var last: Int32 = -1

        var isEmpty: Bool { first < 0 }
    }

    struct Links {
        var previous: Int32 = -1
        var next: Int32 = -1
    }

    private var links = HotArray<Links>()

    /// The element after another in its list, or -1.
    @inline(__always)
    func next(_ element: Int32) -> Int32 { links[Int(element)].next }

    /// The element before another in its list, or -1.
    @inline(__always)
    func previous(_ element: Int32) -> Int32 { links[Int(element)].previous }

    /// Adds an element to the end of a list.
    @inline(__always)
    mutating func append(_ element: Int32, to list: inout List) {
        insert(element, after: list.last, in: &list)
    }

    /// Inserts an element after another in a list; -1 inserts it first.
    @inline(__always)
    mutating func insert(_ element: Int32, after previous: Int32, in list: inout List) {
        let place = Int(element)
        if place >= links.count { links.append(Links(), times: place + 1 - links.count) }
        let next = previous < 0 ? list.first : links[Int(previous)].next
        links[place] = Links(previous: previous, next: next)
        if previous < 0 { list.first = element } else { links[Int(previous)].next = element }
        if next < 0 { list.last = element } else { links[Int(next)].previous = element }
    }

    /// Removes an element from its list.
    @inline(__always)
    mutating func remove(_ element: Int32, from list: inout List) {
        let around = links[Int(element)]
        if around.previous < 0 {
            list.first = around.next
        } else {
            links[Int(around.previous)].next = around.next
        }
        if around.next < 0 {
            list.last = around.previous
        } else {
            links[Int(around.next)].previous = around.previous
        }
    }
}
