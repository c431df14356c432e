// Checks of numbers on the command line that CLI11's own parsing lets through.
#pragma once

namespace CLI {
class Validator;
}

namespace rove {

CLI::Validator SeedText();                            // a whole number from 0 to 2^64 - 1: neither a sign nor a larger one wraps
CLI::Validator FiniteRange(double low, double high);  // CLI::Range takes nan for a number within

}  // namespace rove
