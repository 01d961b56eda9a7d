import Models
import Simulator
import StepTime
import Traces

/// What a user asks for: the sections of a configuration file, every key with its default.
///
/// `ConfigurationKey.all` lists every key with its meaning and its allowed values; the file, the
/// command line's `--set` and the generated reference all go through that list. `nil` means
/// "derive it" or "no limit"; `resolved()` turns a configuration into a `RunPlan`.
public struct Configuration: Sendable, Equatable {
    public var model = ModelSection()
    public var hardware = HardwareSection()
    public var cluster = ClusterSection()
    public var engine = EngineSection()
    public var stepTime = StepTimeSection()
    public var trace = TraceSection()
    public var slo = ObjectiveSection()
    public var output = OutputSection()
    /// Seed of everything random: what is drawn of a trace, and the routers that draw. nil: a
    /// recipe's own for its requests, and 0 for the rest.
    public var seed: Int?
    /// The keys that a file or a change has given, for defaults that depend on another key.
    var given = GivenKeys()

    /// The default: Llama-3.1-8B in bf16 on one node of eight H100, eight replicas.
    public init() {}

    /// What is served.
    public struct ModelSection: Sendable, Equatable {
        public var name = "llama-3.1-8b"
        public var weights: WeightFormat?
        public var routing = ExpertRouting.served
        public var allowUnserved = false

        /// The default model.
        public init() {}
    }

    /// What it is served on.
    public struct HardwareSection: Sendable, Equatable {
        public var gpu = "h100-sxm"
        public var nodes = 1
        public var gpusPerNode = 8

        /// The default node.
        public init() {}
    }

    /// How many replicas there are, and who gets which request.
    public struct ClusterSection: Sendable, Equatable {
        public var replicas: Int?
        public var router = RouterConfiguration.Policy.leastOutstanding
        public var routerStalenessMilliseconds = 0.0
        public var affinitySlack = 8

        /// The default cluster.
        public init() {}
    }

    /// The engine arguments, with vLLM's names and defaults.
    ///
    /// Unless another release is selected, defaults are those of vLLM 0.33.0's API server on an
    /// H100: 8192 batched tokens and 1024 sequences (`EngineArgs.get_batch_defaults` for 70 GiB
    /// and more, not A100), 16 tokens a block and 0.92 of the memory (`CacheConfig`), full-prompt
    /// admission and no watermark (`SchedulerConfig`), asynchronous scheduling.
    public struct EngineSection: Sendable, Equatable {
        /// Number format of the KV cache.
        public enum CacheDtype: String, Sendable, CaseIterable {
            /// The model's, bf16.
            case auto
            case bf16
            case fp8
            case int4
        }

        /// Number format of recurrent states.
        public enum StateDtype: String, Sendable, CaseIterable {
            /// The model's.
            case auto
            case bfloat16
            case float16
            case float32

            /// Bytes of an element; nil: the model's.
            var bytes: Int? {
                switch self {
                case .auto: nil
                case .bfloat16, .float16: 2
                case .float32: 4
                }
            }
        }

        /// Whose kernel prefills gated-delta layers.
        public enum GatedDeltaPrefill: String, Sendable, CaseIterable {
            case flashinfer
            case triton
        }

        /// The release whose scheduler decides. `Configuration.select` sets it with its defaults.
        public internal(set) var version = EngineVersion.newest
        public var tensorParallelSize = 1
        public var pipelineParallelSize = 1
        public var expertParallelSize = 1
        public var blockSize = 16
        public var numGPUBlocks: Int?
        public var numGPUBlocksOverride: Int?
        public var gpuMemoryUtilization = MemoryBudget.defaultUtilization
        public var kvCacheMemoryBytes: Int?
        public var enforceEager = false
        public var cudagraphCaptureSizes: String?
        public var maxCUDAGraphCaptureSize: Int?
        public var decodeContextParallelSize = 1
        public var disableHybridKVCacheManager = false
        public var mambaCacheDtype = StateDtype.auto
        public var mambaSSMCacheDtype = StateDtype.auto
        public var gdnPrefillBackend = GatedDeltaPrefill.flashinfer
        public var kvCacheDtype = CacheDtype.auto
        public var maxModelLen: Int?
        public var maxNumSeqs: Int?
        public var maxNumActiveSeqs: Int?
        public var maxNumBatchedTokens: Int?
        public var maxNumScheduledTokens: Int?
        public var schedulingPolicy = EngineConfiguration.Policy.fcfs
        public var prefillQuotaTokens = 512
        public var scheduler = "engine"
        public var schedulerTimeoutSeconds = 10.0
        public var enablePrefixCaching = true
        public var prefixCacheRetentionInterval: Int? = 0
        public var enableChunkedPrefill = true
        public var longPrefillTokenThreshold = 0
        public var longPrefillTokenThresholdAdaptive = false
        public var schedulerReserveFullISL = true
        public var watermark = 0.0
        public var prefillScheduleInterval = 1
        public var asyncScheduling = true
        public var host = HostSection()
        public var emptyYieldMicroseconds = 1000
        public var advance = EngineConfiguration.Advance.fastForward

        /// The defaults of vLLM's API server on an H100.
        public init() {}
    }

    /// How a step is priced.
    public struct StepTimeSection: Sendable, Equatable {
        /// Where the price comes from.
        public enum Kind: RawRepresentable, Sendable, CaseIterable {
            /// Operators measured on the GPU; "h100" of earlier versions.
            case measured
            /// A price linear in tokens, requests and context, for conformance.
            case linear
            /// A file of measured steps.
            case table

            public init?(rawValue: String) {
                switch rawValue {
                case "measured", "h100": self = .measured
                case "linear": self = .linear
                case "table": self = .table
                default: return nil
                }
            }

            public var rawValue: String { "\(self)" }
        }

        public var kind = Kind.measured
        public var profile = "vllm"
        /// The file of measured steps, for `table`.
        public var file: String?
        public var attentionKernel = AttentionKernel.flash
        public var usesCache = true
        public var scale = 1.0
        public var fixedMicroseconds = 5000
        public var perTokenMicroseconds = 20
        public var perRequestMicroseconds = 2
        public var perThousandContextMicroseconds = 0

        /// The default clock.
        public init() {}
    }

    /// Which requests arrive, and when.
    public struct TraceSection: Sendable, Equatable {
        /// How a request ends.
        public enum Stop: String, Sendable, CaseIterable {
            /// At a stop token that the scheduler cannot foresee.
            case eos
            /// At its maximum number of tokens, which the scheduler knows.
            case length
        }

        public var file: String?
        public var format: TraceFormat?
        /// Unit of times that are bare numbers.
        public var timeUnit: TimeUnit?
        /// Tokens that a hash id stands for.
        public var blockTokens: Int?
        /// Names of the columns of time, prompt and output: `TIME,PROMPT,OUTPUT`.
        public var columns: String?
        public var strict = false
        public var rateScale = 1.0
        public var startSeconds = 0.0
        public var endSeconds: Double?
        public var limit: Int?
        public var stop = Stop.eos
        public var concurrency: Int?
        /// What prompts of a trace without content begin with; nil: nothing is shared.
        public var sharedPrefix: PrefixLaw?
        /// Lengths of the benchmark's random dataset, tokens; nil input: the trace is another.
        public var randomInputTokens: Int?
        public var randomOutputTokens = 128
        public var randomRangeRatio = 0.0
        public var randomOutputRangeRatio: Double?
        public var randomPrefixTokens = 0
        public var randomPrefixes = 1
        /// Requests per second in place of the trace's times, and how they are spread.
        public var requestRate: Double?
        public var burstiness = 1.0
        public var rampUp: SendingRate.RampUp?
        public var rampUpStart: Double?
        public var rampUpEnd: Double?
        /// Mean pause of a closed loop's users, seconds, and its law.
        public var thinkSeconds = 0.0
        public var thinkLaw = ThinkTime.Law.fixed
        /// Stages in place of the trace's times, and seconds between them; nil: by the clock.
        public var stages: [LoadStages.Stage]?
        public var stagePauseSeconds: Double?
        public var gapLaw = SendingRate.Law.gamma
        /// How long clients wait for an answer, and for its first token, seconds; nil: for ever.
        /// How they try again.
        public var clientTimeoutSeconds: Double?
        public var clientFirstTokenTimeoutSeconds: Double?
        public var clientRetries = 0
        public var clientBackoff = ClientPatience.Backoff.doubling
        public var clientBackoffSeconds = 0.5
        public var clientBackoffMostSeconds = 8.0
        /// Most requests in flight beside the trace's times.
        public var maxConcurrency: Int?
        public var followsSessions = true
        public var sessionRate = 0.1

        /// The built-in chat-like trace.
        public init() {}
    }

    /// What is written besides the summary.
    public struct OutputSection: Sendable, Equatable {
        public var decisions = false
        public var plans = false
        public var latencyBreakdown = false
        public var timeline = false
        /// The part of the run that it shows, seconds of the trace, and how long the file may be.
        public var timelineStart: Double?
        public var timelineEnd: Double?
        public var timelineMegabytes = 50.0
        /// What the run did over time, and the length of a window, seconds; nil: one that gives
        /// 120 to 240 of them.
        public var series = false
        public var seriesInterval: Double?
        /// Every token's time.
        public var tokenTimes = false
        /// What is left out of the figures at the start and the end.
        public var warmup: Margin?
        public var cooldown: Margin?
        /// By what requests are told apart in the figures.
        public var by: ClassDimension?
        /// Prompt lengths at which a new class begins, tokens, where they are told apart by these.
        public var promptBuckets = PromptBuckets()

        /// The default output.
        public init() {}
    }
}
