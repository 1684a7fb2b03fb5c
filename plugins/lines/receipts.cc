#include "plugins/lines/receipts.h"

namespace sluice::lines {

uint64_t Receipts::Add(uint64_t lines) {
  pieces_.push_back({.lines = lines});
  return first_ + pieces_.size() - 1;
}

void Receipts::Acknowledge(uint64_t number) {
  pieces_[number - first_].is_safe = true;
  while (!pieces_.empty() && pieces_.front().is_safe) {
    safe_ += pieces_.front().lines;
    pieces_.pop_front();
    ++first_;
  }
}

}  // namespace sluice::lines
