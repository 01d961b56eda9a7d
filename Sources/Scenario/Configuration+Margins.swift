import Basics
import Simulator

extension Configuration {
    /// What a run's figures leave out at its start or end.
    package enum Margin: Sendable, Equatable {
        case requests(Int)
        case seconds(Double)
        /// In a closed loop, as many requests as it keeps in flight; in an open loop, requests
        /// before the queue is steady, or after.
        case auto

        /// Largest margin, in requests or seconds.
        static let most = 1_000_000_000

        /// "32", "2.5s" or "auto".
        init?(_ text: String) {
            if text == "auto" {
                self = .auto
            } else if let number = Int(text) {
                guard (1...Self.most).contains(number) else { return nil }
                self = .requests(number)
            } else {
                guard text.hasSuffix("s"), text.first?.isNumber == true,
                    let seconds = Double(text.dropLast()), seconds > 0,
                    seconds <= TraceSection.longestMargin
                else { return nil }
                self = .seconds(seconds)
            }
        }
    }
}

extension Configuration.TraceSection {
    /// Longest margin, seconds: as long as a simulation may last.
    fileprivate static let longestMargin = 8e6
}

extension ConfigurationForm where Value == Configuration.Margin {
    /// A number of requests, a number of seconds, or auto.
    static var margin: Self {
        Self(
            expected: "requests (32), seconds (\"5s\") or \"auto\"", takesText: true,
            read: { value in
                switch value {
                case .text(let text): Configuration.Margin(text)
                case .integer(let number): Configuration.Margin(String(number))
                default: nil
                }
            },
            write: { margin in
                switch margin {
                case .requests(let number): .integer(number)
                case .seconds(let seconds): .text(plain(seconds) + "s")
                case .auto: .text("auto")
                }
            })
    }
}

extension Configuration {
    /// The plan's margins. "auto" leaves out as many requests as a closed loop keeps in flight; in
    /// an open loop, those outside the period in which the queue is steady.
    func margins() -> Margins {
        func margin(_ margin: Margin?) -> Margins.Margin {
            switch margin {
            case nil: return .requests(0)
            case .requests(let number): return .requests(number)
            case .seconds(let seconds): return .time(picoseconds(milliseconds: seconds * 1000))
            case .auto: return trace.concurrency.map { .inFlight($0) } ?? .steady
            }
        }
        var margins = Margins()
        margins.start = margin(output.warmup)
        margins.end = margin(output.cooldown)
        return margins
    }
}
