import Models
import Simulator
import StepTime
import Traces

/// A user's input: the sections of a configuration file, every key with its default.
///
/// `ConfigurationKey.all` lists every key with its meaning and allowed values. The file, the
/// command line's `--set` and the generated reference all use that list. `nil` means "derive it" or
/// "no limit"; `resolved()` turns a configuration into a `RunPlan`.
public struct Configuration: Sendable, Equatable {
    package var model = ModelSection()
    package var hardware = HardwareSection()
    package var cluster = ClusterSection()
    package var engine = EngineSection()
    package var stepTime = StepTimeSection()
    public var trace = TraceSection()
    package var slo = ObjectiveSection()
    package var output = OutputSection()
    /// Random seed for everything drawn: the trace, and routers that draw. nil: a recipe's own seed
    /// for its requests, 0 for the rest.
    public var seed: Int?
    /// The keys given by a file or a change, for defaults that depend on another key.
    var given = GivenKeys()

    /// The default: Llama-3.1-8B in bf16 on one node of eight H100, eight replicas.
    public init() {}

    /// The model that is served.
    package struct ModelSection: Sendable, Equatable {
        package var name = "llama-3.1-8b"
        package var weights: WeightFormat?
        package var routing = ExpertRouting.served
        package var allowUnserved = false

        package init() {}
    }

    /// The hardware it runs on.
    package struct HardwareSection: Sendable, Equatable {
        package var gpu = "h100-sxm"
        /// Memory of a GPU as its driver reports it, GiB; nil: the named GPU's.
        package var gpuMemoryGiB: Double?
        package var nodes = 1
        package var gpusPerNode = 8

        package init() {}
    }

    /// How many replicas there are, and how requests are routed to them.
    package struct ClusterSection: Sendable, Equatable {
        package var replicas: Int?
        package var router = RouterConfiguration.Policy.leastOutstanding
        package var routerStalenessMilliseconds = 0.0
        package var affinitySlack = 8

        package init() {}
    }

    /// The engine arguments, with vLLM's names and defaults.
    ///
    /// Unless another release is selected, defaults are those of vLLM 0.33.0's API server on an
    /// H100: 8192 batched tokens and 1024 sequences (`EngineArgs.get_batch_defaults` for 70 GiB and
    /// more, not A100), 16 tokens per block and 0.92 of the memory (`CacheConfig`), full-prompt
    /// admission and no watermark (`SchedulerConfig`), asynchronous scheduling.
    package struct EngineSection: Sendable, Equatable {
        /// Number format of the KV cache.
        package enum CacheDtype: String, Sendable, CaseIterable {
            /// The model's, bf16.
            case auto
            case bf16
            case fp8
            case int4
        }

        /// Number format of recurrent states.
        package enum StateDtype: String, Sendable, CaseIterable {
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

        /// How drafts are chosen: the likeliest token, or drawn from kept logits.
        package enum DraftSampling: String, Sendable, CaseIterable {
            case greedy
            case probabilistic
        }

        /// The kernel that prefills gated-delta layers.
        package enum GatedDeltaPrefill: String, Sendable, CaseIterable {
            case flashinfer
            case triton
        }

        /// The release whose scheduling rules apply. `Configuration.select` sets it together with
        /// its defaults.
        package internal(set) var version = EngineVersion.newest
        /// The release whose host and kernels a run takes; nil: `version`'s. Set where two releases
        /// are compared, so that both run on one clock.
        package var clockVersion: EngineVersion?
        package var tensorParallelSize = 1
        package var pipelineParallelSize = 1
        /// Layers of each stage, "20,12"; nil: split equally.
        package var ppLayerPartition: String?
        package var expertParallelSize = 1
        package var blockSize = 16
        package var numGPUBlocks: Int?
        package var numGPUBlocksOverride: Int?
        package var gpuMemoryUtilization = MemoryBudget.defaultUtilization
        package var kvCacheMemoryBytes: Int?
        package var enforceEager = false
        package var cudagraphCaptureSizes: String?
        package var maxCUDAGraphCaptureSize: Int?
        package var decodeContextParallelSize = 1
        package var disableHybridKVCacheManager = false
        package var languageModelOnly = false
        package var mambaCacheDtype = StateDtype.auto
        package var mambaSSMCacheDtype = StateDtype.auto
        package var gdnPrefillBackend = GatedDeltaPrefill.flashinfer
        /// The method that drafts, its checkpoint, and its tokens per step.
        package var specMethod: Draft.Method?
        package var specModel: String?
        package var specTokens: Int?
        package var draftSampleMethod = DraftSampling.greedy
        package var kvCacheDtype = CacheDtype.auto
        package var maxModelLen: Int?
        /// Whether the length is cut to what the pool holds (`--max-model-len auto`).
        package var fitsMaxModelLen = false
        /// Whether the length may exceed the model's.
        package var allowsLongMaxModelLen = false
        package var maxNumSeqs: Int?
        package var maxNumActiveSeqs: Int?
        package var maxNumBatchedTokens: Int?
        package var maxNumScheduledTokens: Int?
        package var schedulingPolicy = EngineConfiguration.Policy.fcfs
        package var prefillQuotaTokens = 512
        package var scheduler = "engine"
        package var schedulerTimeoutSeconds = 10.0
        package var enablePrefixCaching = true
        package var prefixCacheRetentionInterval: Int? = 0
        package var enableChunkedPrefill = true
        package var longPrefillTokenThreshold = 0
        package var longPrefillTokenThresholdAdaptive = false
        package var schedulerReserveFullISL = true
        package var watermark = 0.0
        package var prefillScheduleInterval = 1
        package var receiveInterval = 1
        package var asyncScheduling = true
        package var host = HostSection()
        package var emptyYieldMicroseconds = 1000
        package var advance = EngineConfiguration.Advance.fastForward

        /// The defaults of vLLM's API server on an H100.
        package init() {}
    }

    /// How steps are priced.
    package struct StepTimeSection: Sendable, Equatable {
        /// The source of step times.
        package enum Kind: RawRepresentable, Sendable, CaseIterable {
            /// Operators measured on the GPU; "h100" in earlier versions.
            case measured
            /// A price linear in tokens, requests and context, for conformance.
            case linear
            /// A file of measured steps.
            case table

            package init?(rawValue: String) {
                switch rawValue {
                case "measured", "h100": self = .measured
                case "linear": self = .linear
                case "table": self = .table
                default: return nil
                }
            }

            package var rawValue: String { "\(self)" }
        }

        package var kind = Kind.measured
        package var profile = "vllm"
        /// The file of measured steps, for `table`.
        package var file: String?
        package var attentionKernel = AttentionKernel.flash
        package var usesCache = true
        package var scale = 1.0
        package var fixedMicroseconds = 5000
        package var perTokenMicroseconds = 20
        package var perRequestMicroseconds = 2
        package var perThousandContextMicroseconds = 0

        package init() {}
    }

    /// Which requests arrive, and when.
    public struct TraceSection: Sendable, Equatable {
        /// How a request ends.
        package enum Stop: String, Sendable, CaseIterable {
            /// At a stop token that the scheduler cannot foresee.
            case eos
            /// At its maximum number of tokens, which the scheduler knows.
            case length
        }

        package var file: String?
        package var format: TraceFormat?
        /// Unit of times given as bare numbers.
        package var timeUnit: TimeUnit?
        /// Tokens per hash id.
        package var blockTokens: Int?
        /// Names of the columns for time, prompt and output: `TIME,PROMPT,OUTPUT`.
        package var columns: String?
        /// The only model whose rows are replayed; nil: rows of all.
        package var model: String?
        package var strict = false
        package var rateScale = 1.0
        package var startSeconds = 0.0
        package var endSeconds: Double?
        public var limit: Int?
        package var stop = Stop.eos
        package var concurrency: Int?
        /// Shared beginnings of prompts, for a trace without content; nil: nothing is shared.
        package var sharedPrefix: PrefixLaw?
        /// Lengths of the benchmark's random dataset, tokens; nil input: another trace.
        package var randomInputTokens: Int?
        package var randomOutputTokens = 128
        package var randomRangeRatio = 0.0
        package var randomOutputRangeRatio: Double?
        package var randomPrefixTokens = 0
        package var randomPrefixes = 1
        /// Requests per second in place of the trace's times, and the distribution of their gaps.
        package var requestRate: Double?
        package var burstiness = 1.0
        package var rampUp: SendingRate.RampUp?
        package var rampUpStart: Double?
        package var rampUpEnd: Double?
        /// Mean think time of a closed loop's users, seconds, and its distribution.
        package var thinkSeconds = 0.0
        package var thinkLaw = ThinkTime.Law.fixed
        /// Load stages in place of the trace's times, and seconds between them; nil: by the clock.
        package var stages: [LoadStages.Stage]?
        package var stagePauseSeconds: Double?
        package var gapLaw = SendingRate.Law.gamma
        /// How long clients wait for an answer and for its first token, seconds (nil: forever), and
        /// how they retry.
        package var clientTimeoutSeconds: Double?
        package var clientFirstTokenTimeoutSeconds: Double?
        package var clientRetries = 0
        package var clientBackoff = ClientPatience.Backoff.doubling
        package var clientBackoffSeconds = 0.5
        package var clientBackoffMostSeconds = 8.0
        /// Most requests in flight, in addition to the trace's times.
        package var maxConcurrency: Int?
        package var followsSessions = true
        package var sessionRate = 0.1

        /// The built-in chat-like trace.
        package init() {}
    }

    /// What is written in addition to the summary.
    package struct OutputSection: Sendable, Equatable {
        package var decisions = false
        package var plans = false
        package var latencyBreakdown = false
        package var timeline = false
        /// The part of the run in the timeline, seconds of the trace, and the file's largest size.
        package var timelineStart: Double?
        package var timelineEnd: Double?
        package var timelineMegabytes = 50.0
        /// Load over time, and the length of a window, seconds; nil: one that gives 120 to 240
        /// windows.
        package var series = false
        package var seriesInterval: Double?
        /// The time of every token.
        package var tokenTimes = false
        /// What figures leave out at the start and the end.
        package var warmup: Margin?
        package var cooldown: Margin?
        /// How figures group requests.
        package var by: ClassDimension?
        /// Lower bounds of prompt classes, tokens, if prompts group requests.
        package var promptBuckets = PromptBuckets()

        /// Whether a run writes a file that needs a folder.
        package var writesFiles: Bool { decisions || plans || timeline || series || tokenTimes }

        package init() {}
    }
}
