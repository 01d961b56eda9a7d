import Foundation
import TestSupport
import Testing

@testable import Models

/// Wrappers with their towers: what vLLM 0.33.0's own classes sum to, built without memory.
@Suite struct TowerTests {
    /// A file of the fuzz corpus, the parameters of the engine's class for it, and its bytes on one
    /// GPU and on one of two.
    private static let wrappers: [(String, Int64, Int64, Int64?)] = [
        ("AriaForConditionalGeneration", 18_701_883_520, 37_403_767_040, 18_717_802_240),
        ("Blip2ForConditionalGeneration", 1_216_968_960, 2_433_937_920, 1_325_877_888),
        ("Cohere2VisionForConditionalGeneration", 35_638_601_472, 71_277_202_944, 35_641_200_000),
        ("Exaone4_5_ForConditionalGeneration", 12_100_938_496, 24_201_876_992, 12_105_893_632),
        ("Glm4vForConditionalGeneration", 10_292_593_152, 20_585_186_304, nil),
        ("GlmAsrForConditionalGeneration", 2_136_511_488, 4_273_022_976, 2_142_287_872),
        ("GlmOcrForConditionalGeneration", 805_120_512, 1_610_241_024, nil),
        ("GraniteSpeechForConditionalGeneration", 6_990_441_514, 13_980_883_028, 7_205_865_514),
        ("InternVLForConditionalGeneration", 11_765_025_792, 23_530_051_584, 11_901_376_512),
        ("MossTranscribeDiarizeForConditionalGeneration", 908_537_856, 1_817_075_712, nil),
        ("PaddleOCRVLForConditionalGeneration", 799_695_472, 1_599_390_944, 827_400_816),
        ("Qwen2AudioForConditionalGeneration", 12_692_062_208, 25_384_124_416, 13_334_544_384),
        ("Qwen2_5OmniForConditionalGeneration", 10_793_291_520, 21_586_583_040, nil),
        ("Qwen3ASRForConditionalGeneration", 12_699_356_032, 25_398_712_064, 12_720_092_928),
        ("SmolVLMForConditionalGeneration", 6_909_685_760, 13_819_371_520, nil),
        ("Ernie-4.5-VL-28B", 29_399_294_336, 58_816_290_304, 29_427_016_704),
        ("GLM-4.5V", 107_710_933_120, 215_469_063_680, 107_810_057_728),
        ("Intern-S1-mini", 8_538_804_224, 17_077_608_448, 8_675_270_656),
        ("Keye-VL-1_5-8B", 8_681_597_296, 17_363_194_592, 8_721_374_832),
        ("Keye-VL-8B", 8_681_590_384, 17_363_180_768, 8_721_361_008),
        ("Kimi-VL-A3B", 16_407_656_048, 32_815_315_424, nil),
        ("LFM2-VL-1.6B", 1_584_804_000, 3_169_608_000, 1_603_288_352),
        ("MiniCPM-Llama3-V-2_5", 8_537_092_336, 17_074_184_672, nil),
        ("MiniCPM-V-2_6", 8_099_275_504, 16_198_551_008, nil),
        ("MiniCPM-V-4", 4_059_655_920, 8_119_311_840, nil),
        ("MiniCPM-V-4_5", 8_696_386_800, 17_392_773_600, nil),
        ("MiniCPM-o-2_6", 8_423_472_880, 16_846_945_760, 8_822_547_312),
        ("Molmo-7B-D", 8_021_025_280, 16_042_050_560, 8_022_572_032),
        ("Molmo-7B-O", 7_665_032_192, 15_330_064_384, nil),
        ("Molmo2-8B", 8_661_703_120, 17_323_406_240, 8_663_703_632),
        ("Phi-3.5-vision", 4_232_523_776, 8_465_047_552, 4_256_095_232),
        ("Phi-4-multimodal", 4_713_508_032, 9_427_016_064, 5_195_146_592),
        ("Qwen2.5-Omni-7B", 8_386_816_512, 16_773_633_024, 9_028_342_016),
        ("Qwen3-Omni-30B", 31_719_205_488, 63_438_410_976, 31_755_143_792),
        ("SmolVLM2-2.2B", 2_246_784_880, 4_493_569_760, nil),
        ("Voxtral", 4_676_312_064, 9_356_464_128, 4_713_082_880),
        ("gemma-4-12B", 11_975_458_816, 23_950_917_632, 12_033_519_872),
        ("gemma-4-E4B", 7_941_100_832, 15_882_201_664, 8_474_798_656),
        ("dots.ocr", 3_039_179_264, 6_078_358_528, 3_040_308_224),
        ("pixtral-hf-llava", 12_682_739_712, 25_365_479_424, nil),
    ]

    @Test(arguments: wrappers)
    func weightsAreTheEngines(name: String, parameters: Int64, bytes: Int64, half: Int64?) throws {
        let file = packageRoot.appendingPathComponent(
            "Tests/Fuzz/corpus/config/Tower-\(name).json")
        let model = try HuggingFaceConfig.model(file: file.path)
        #expect(model.tower != nil && model.totalParameters == parameters)
        #expect(model.createdWeightBytesPerGPU(Deployment()) == bytes)
        if let half {
            #expect(model.createdWeightBytesPerGPU(Deployment(tensorParallel: 2)) == half)
        }
    }

    /// Publishers' figures, as model cards round them; Phi-4's counts its adapters.
    @Test(arguments: [
        ("MiniCPM-V-2_6", 8.1), ("Molmo-7B-D", 8.02), ("Molmo2-8B", 8.66), ("dots.ocr", 3.04),
        ("Ernie-4.5-VL-28B", 29.4), ("Intern-S1-mini", 8.54), ("Kimi-VL-A3B", 16.4),
        ("LFM2-VL-1.6B", 1.58), ("Keye-VL-8B", 8.7), ("SmolVLM2-2.2B", 2.25),
        ("pixtral-hf-llava", 12.7), ("GLM-4.5V", 107.7),
    ])
    func parametersAreThePublishers(name: String, billions: Double) throws {
        let file = packageRoot.appendingPathComponent(
            "Tests/Fuzz/corpus/config/Tower-\(name).json")
        let model = try HuggingFaceConfig.model(file: file.path)
        #expect(abs(Double(model.totalParameters) / (billions * 1e9) - 1) < 0.01)
    }

    /// MiniCPM-V's decoder is of the kind that its version says.
    @Test func aVersionSaysTheDecoder() {
        func type(_ version: Double?) -> String {
            Architectures.type("minicpmv", version.map { ["version": .number($0)] } ?? [:])
        }
        #expect(type(2.6) == "qwen2" && type(4.5) == "qwen3" && type(4) == "llama")
        #expect(type(nil) == "llama" && type(2) == "minicpm" && type(9) == "qwen3")
        #expect(Architectures.type("llama", ["version": .number(4.5)]) == "llama")
    }
}
