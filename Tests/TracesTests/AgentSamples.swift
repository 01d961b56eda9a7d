import Traces

/// Small files of the formats that are read whole, each valid.
enum AgentSamples {
    /// Dynamo's example: two branches after a call, a join after both, and a request of another
    /// session.
    static let agentic = """
        {"request_id":"a","session_id":"s","timestamp":0,"input_length":1024,"output_length":60,\
        "hash_ids":[1,2],"branches":["b","c"]}
        {"request_id":"b","session_id":"s","input_length":1536,"output_length":200,\
        "hash_ids":[1,2,3],"wait_for":["a"],"delay":100,"tool_wait_ms":2000}
        {"request_id":"c","session_id":"s","input_length":1536,"output_length":50,\
        "hash_ids":[1,2,4],"wait_for":["a"],"delay":500}
        {"request_id":"d","session_id":"s","input_length":2048,"output_length":20,\
        "hash_ids":[1,2,3,5],"wait_for":["b","c"],"tool_wait_ms":250,"priority":3}
        {"request_id":"e","session_id":"u","timestamp":4000,"input_length":512,"output_length":5,\
        "hash_ids":[9]}

        """

    static let typed = """
        {"schema":"dynamo.agentic_mooncake","version":2,"block_size":64,"hash_id_scope":"local",\
        "source":{"format":"x","digest":"y"}}
        {"request_id":"a","play_id":"p","session_id":"s","model":"m","input_length":128,\
        "output_length":4,"hash_ids":[0,1],"not_before_ms":0.0}
        {"request_id":"b","play_id":"p","session_id":"s","model":"m","input_length":128,\
        "output_length":4,"hash_ids":[0,2],"not_before_ms":5000.5,"dependencies":[{"request_id":\
        "a","trigger":"dispatch","delay_ms":100.0,"relation":"spawn"}]}
        {"request_id":"c","play_id":"q","session_id":"s","model":"m","input_length":128,\
        "output_length":4,"hash_ids":[0,2],"not_before_ms":0,"dependencies":[{"request_id":"a",\
        "trigger":"completion","delay_ms":100.0},{"request_id":"b","trigger":"completion",\
        "delay_ms":7}]}

        """

    static let delta = """
        {"session_id":"a","timestamp":0,"input_length":600,"output_length":10,"hash_ids":[1,2]}
        {"session_id":"a","delay":50,"input_length":512,"output_length":20,"hash_ids":[3]}
        {"session_id":"b","timestamp":90,"input_length":600,"output_length":10,"hash_ids":[1,2]}
        {"session_id":"a","delay":50,"input_length":40,"output_length":30}

        """

    static let applied = """
        {"input_prompt_length":6318,"assistant_response_length":[101,1084],"num_turns":2,\
        "tool_call_latency":[0.431,2.339],"tool_call_output_length":[6118,23],\
        "final_assistant_response_length":801}

        """

    /// A planner that spawns a researcher, runs a tool and waits for both.
    static let dynamo = """
        {"schema":"dynamo.request.trace.v1","event_type":"request_end",\
        "event_time_unix_ms":1777312801000,"event_source":"dynamo",\
        "agent_context":{"session_id":"p"},"request":{"request_id":"p1","model":"m",\
        "input_tokens":128,"output_tokens":16,"request_received_ms":1777312800000,\
        "total_time_ms":1000,"ttft_ms":200,"replay":{"trace_block_size":64,"input_length":128,\
        "input_sequence_hashes":[14879255164371896291,274632075616497421]}}}
        {"schema":"dynamo.request.trace.v1","event_type":"request_end",\
        "event_time_unix_ms":1777312802500,"agent_context":{"session_id":"c",\
        "parent_session_id":"p"},"request":{"request_id":"c1","input_tokens":192,\
        "output_tokens":16,"request_received_ms":1777312801500,"total_time_ms":1000,\
        "replay":{"trace_block_size":64,"input_length":192,\
        "input_sequence_hashes":[14879255164371896291,274632075616497421,5]}}}
        {"timestamp":1,"event":{"schema":"dynamo.request.trace.v1","event_type":"tool_end",\
        "event_time_unix_ms":1777312802900,"session_id":"p","tool":{"tool_call_id":"x",\
        "started_at_unix_ms":1777312801100,"ended_at_unix_ms":1777312802900}}}
        {"schema":"dynamo.request.trace.v1","event_type":"request_end",\
        "event_time_unix_ms":1777312804000,"agent_context":{"session_id":"p"},\
        "request":{"request_id":"p2","output_tokens":16,"request_received_ms":1777312803000,\
        "total_time_ms":1000,"ttft_ms":100,"replay":{"trace_block_size":64,"input_length":300,\
        "input_sequence_hashes":[14879255164371896291,274632075616497421,7,8,9]}}}

        """

    static let copilot = """
        {"session_id":"s1","date":"2026-06-01","turns":[{"turn_id":"t1","llm_calls":[{\
        "message_id":"m1","timestamp":"2026-06-01T10:00:00.000Z","duration_ms":3900.0,\
        "initiator_type":"user","model":"A","result":"Success","status_code":"OK","tokens":{\
        "total":20210,"prompt":20000,"completion":210,"cached":0,"cached_pct":0.0},\
        "message_metadata":[]},{"message_id":"m2","timestamp":"2026-06-01T10:00:09.000Z",\
        "duration_ms":2100.0,"initiator_type":"agent","model":"A","result":"Success",\
        "status_code":"OK","tokens":{"total":21400,"prompt":21300,"completion":100,\
        "cached":20200,"cached_pct":0.9},"message_metadata":[]}],"tool_batches":[{\
        "timestamp":"2026-06-01T10:00:04.300Z","duration_ms":4700.0,"auto_continue":true,\
        "result":"Success","request_id":"m1","function_calls":[]}]}]}

        """

    static let traceLab = (0...1).map { round in
        """
        {"provider":"p","session_id":"s1","round_index":\(round),"model":"m",\
        "input_tokens_total":\(32_000 + 6_000 * round),"prefix_tokens":\(27_000 + 5_950 * round),\
        "newly_append_tokens":\(5_000 + 50 * round),"output_tokens":900,"timing_events":[\
        {"event_type":"user_message","timestamp":"2026-06-01T07:1\(round):03.250Z"},\
        {"event_type":"tool_call","timestamp":"2026-06-01T07:1\(round):11.500Z"}],"tools":[\
        {"tool_name":"T","emitted_at":"2026-06-01T07:1\(round):11.500Z",\
        "result_at":"2026-06-01T07:1\(round):12.700Z"}]}

        """
    }.joined()

    static let blis = """
        request_id,slo_class,vllm_priority,session_id,round_index,prefix_group,prefix_length,\
        input_tokens,output_tokens,image_tokens,deadline_us,server_input_tokens,arrival_time_us,\
        send_time_us,first_chunk_time_us,last_chunk_time_us,status,error_message
        0,critical,0,s,0,g,100,50,20,0,0,0,0,1000,51000,251000,ok,
        1,batch,4,s,1,g,100,150,20,0,900000,0,500000,501000,551000,751000,ok,"a ""b"", c"
        2,batch,4,,0,,0,150,20,7,0,140,600000,601000,0,0,error,x

        """

    static let llmServingSim = (0..<3).map { row in
        """
        {"request_id":"bench-\(row)","input_toks":\(100 + row),"output_toks":5,\
        "arrival_time":17771428\(38 + row).25,"queued_ts":\(500 + row).00\(row),\
        "scheduled_ts":\(500 + row).01,"first_token_ts":\(500 + row).17,\
        "last_token_ts":\(500 + row).65}

        """
    }.joined()

    static let vllmBench = """
        {"date":"x","request_throughput":1.0,"total_input_tokens":30,"max_concurrency":2,\
        "input_lens":[100,200,300],"output_lens":[3,2,0],"ttfts":[0.05,0.06,0.0],\
        "itls":[[0.01,0.02],[0.03],[]],"start_times":[1000.0,1000.5,1001.25],\
        "errors":["","","boom"],"generated_texts":["a","b",""]}

        """

    static let aiperf = (0..<2).map { row in
        """
        {"metadata":{"request_start_ns":177714283833865\(row)000,"x_request_id":"r\(row)"},\
        "metrics":{"input_sequence_length":{"value":512,"unit":"tokens"},\
        "output_sequence_length":{"value":16,"unit":"tokens"},\
        "time_to_first_token":{"value":18.25,"unit":"ms"},\
        "request_latency":{"value":0.487,"unit":"s"}},"error":null}

        """
    }.joined()

    /// A planner whose answer two sessions go on from, one of which waits for two others; and a
    /// coordinator of two rounds.
    static let tree = """
        {"session_id":"root","turns":[{"model":"m","messages":[{"role":"system",\
        "content":"0123456789abcdef"},{"role":"user","content":"plan"}],"max_tokens":12,\
        "forks":["a",{"child":"b","background":true}]}]}
        {"session_id":"a","turns":[{"messages":[{"role":"user","content":"more"}],"max_tokens":9},\
        {"messages":[{"role":"user","content":"less"}],"max_tokens":7,"delay":1500}]}
        {"session_id":"b","turns":[{"messages":[{"role":"user","content":"ask"}],"max_tokens":5,\
        "spawns":["c",{"children":["c","d"],"join_at":2}]},{"messages":[{"role":"user",\
        "content":"fold"}],"max_tokens":4,"extra":{"ignore_eos":true,"priority":2}},\
        {"messages":[{"role":"user","content":"end"}],"extra":{"min_tokens":3},"delay":10}]}
        {"session_id":"c","turns":[{"messages":[{"role":"user","content":"sub c"}],\
        "max_tokens":10}]}
        {"session_id":"d","context_mode":"message_array_with_responses","turns":[{"messages":\
        [{"role":"user","content":"sub d"}],"max_tokens":20},{"messages":[{"role":"user",\
        "content":[{"type":"text","text":"again and again"}]}],"max_tokens":2}]}
        {"session_id":"o","orchestrator":true,"rounds":2,"think_time_ms":100,"spawns":["c","d"]}

        """

    static let guideLLM = """
        {"metadata":{"version":2,"guidellm_version":"0.5"},"config":{},"benchmarks":[{"requests":{\
        "successful":[{"request_start_time":1754000000.5,"prompt_tokens":500,"output_tokens":40,\
        "time_to_first_token_ms":100.5,"request_latency":1.25},{"start_time":1754000001.0,\
        "prompt_tokens":7,"output_tokens":1,"time_to_first_token_ms":20,"request_latency":0.02}],\
        "incomplete":[{"request_start_time":1754000002.0,"prompt_tokens":9}],"errored":[{}],\
        "total":null}},{"requests":{"successful":[{"info":{"timings":{\
        "request_start":1754000003.0}},"prompt_tokens":8,"output_tokens":4,\
        "time_to_first_token_ms":30,"request_latency":0.01}]}}]}

        """

    /// All of them, with the formats that tell what they are.
    static let all: [(TraceFormat, String)] = [
        (.agenticMooncake, agentic), (.agenticMooncake, typed), (.mooncakeDelta, delta),
        (.appliedCompute, applied), (.dynamo, dynamo), (.copilot, copilot),
        (.traceLab, traceLab), (.blis, blis), (.llmServingSim, llmServingSim),
        (.vllmBench, vllmBench), (.aiperf, aiperf), (.aiperfDAG, tree), (.guidellm, guideLLM),
    ]
}
