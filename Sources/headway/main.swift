import Foundation

exit(CommandLineEntry.perform(CommandLine.words, verbs: Verb.all))
