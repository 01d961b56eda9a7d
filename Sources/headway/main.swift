import Foundation
import Simulator

print("headway")
