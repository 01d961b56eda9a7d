"""First come, first served, as an external scheduler:

    headway run --limit 200 --set engine.scheduler="exec:python3 configs/schedulers/fcfs.py"
One JSON line per step in, one out: see the article "Bring your own scheduler". It counts blocks
itself, which is exact as long as requests share none."""
import json
import sys

requests, running, waiting, preempted, config, free = {}, [], [], [], {}, 0


def known(r):
    return r["prompt_tokens"] + r["delivered"] + r["sampling"]


def blocks(tokens):
    return -(-tokens // config["block_size"])


def learn(line):  # brings the state up to date with what happened since the last step
    for request in line["arrived"]:
        requests[request["id"]] = dict(request, delivered=0, sampling=0, computed=0)
        waiting.append(request["id"])
    # The first refusal ended the last line: preemptions behind it did not happen.
    end = min((position for position, _ in line.get("refused", [])), default=len(requests) + 1)
    for victim in [number for position, number in preempted if position < end]:
        running.remove(victim)
        waiting.insert(0, victim)
        requests[victim].update(computed=0, sampling=0)
    for number, tokens, before in line["scheduled"]:
        if number in waiting:
            waiting.remove(number)
            running.append(number)
        r = requests[number]
        r["computed"] = before + tokens
        r["prefilling"] = r["computed"] < known(r)
        if not r["prefilling"]:  # the step samples a token that is still to come
            r["sampling"] += 1
    for number, delivered in line["tokens"]:
        r = requests[number]
        r["sampling"] = max(0, r["sampling"] - (delivered - r["delivered"]))
        r["delivered"] = delivered
    for number in line["finished"]:
        requests.pop(number)
        (running if number in running else waiting).remove(number)


def schedule(holds_prefill):  # running requests first, the latest admitted give way; then the queue
    global free
    actions, budget, place, left = [], config["max_num_batched_tokens"], 0, list(running)
    preempted.clear()
    limit = config["long_prefill_token_threshold"] if len(running) + len(waiting) > 1 else 0
    while place < len(left) and budget > 0:
        number = left[place]
        r = requests[number]
        place += 1
        last = r["prompt_tokens"] + r["max_tokens"] - 2 + r["sampling"]
        if r["sampling"] and r["computed"] >= last:
            continue  # its last token is on the way
        if holds_prefill and r["prefilling"]:
            continue  # engine.prefill_schedule_interval: this step is for decodes
        tokens = known(r) - r["computed"]
        tokens = min(tokens, limit or tokens, budget, config["max_model_len"] - r["computed"] - 1)
        if tokens <= 0:
            continue
        need = blocks(r["computed"] + tokens) - blocks(r["computed"])
        while need > free and number in left:
            victim = left.pop()
            free += blocks(requests[victim]["computed"])
            preempted.append((len(actions), victim))
            actions.append(["preempt", victim])
        if number in left:
            actions.append(["run", number, tokens])
            free, budget = free - need, budget - tokens
    if not preempted and budget > 0:
        # 0 tokens: as many as fit. The first that does not fit ends the line: no overtaking.
        room = config["max_num_seqs"] - len(running)
        actions += [["admit", number, 0] for number in waiting[:max(0, min(room, budget))]]
    return actions


for text in sys.stdin:
    step = json.loads(text)
    config = step.get("config", config)
    free = step["free_blocks"]
    learn(step)
    actions = schedule(step.get("holds_prefill"))
    print(json.dumps({"actions": actions, "stop_at_refusal": True}), flush=True)
