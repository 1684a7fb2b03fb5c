#include "plugins/lines/line_splitter.h"

#include <algorithm>
#include <cstring>

namespace sluice::lines {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// What a decoder may want to read behind a line.
constexpr size_t kPadding = 64;
// More memory than this is given back once its line is done, so that thousands
// of quiet connections stay small.
constexpr size_t kKeptCapacity = 16 << 10;

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

void LineSplitter::Feed(std::string_view bytes, size_t readable_behind,
                        LineHandler* handler) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at < end) {
    const auto* line_feed = static_cast<const char*>(
        std::memchr(at, '\n', static_cast<size_t>(end - at)));
    const char* const line_end = line_feed == nullptr ? end : line_feed;
    const std::string_view part(at, static_cast<size_t>(line_end - at));
    if (line_feed == nullptr) return Carry(part);
    if (carried_bytes_ > 0) {
      Carry(part);
      EndCarried(handler);
    } else {
      HandleLine(part, static_cast<size_t>(end - line_end) + readable_behind,
                 handler);
    }
    at = line_end + 1;
  }
}

void LineSplitter::End(LineHandler* handler) {
  if (carried_bytes_ > 0) EndCarried(handler);
}

void LineSplitter::Carry(std::string_view part) {
  carried_bytes_ += part.size();
  // A carriage return may be its last byte.
  const size_t room = max_line_bytes_ + kByteOrderMark.size() + 1;
  if (carried_bytes_ <= room) {
    carried_.append(part);
    return;
  }
  if (carried_.size() < kKeptBytes) {
    carried_.append(part.substr(0, kKeptBytes - carried_.size()));
  } else if (carried_.size() > kKeptBytes) {
    carried_.resize(kKeptBytes);
    carried_.shrink_to_fit();
  }
}

void LineSplitter::EndCarried(LineHandler* handler) {
  if (carried_bytes_ > carried_.size()) {
    is_first_ = false;
    handler->OnLongLine(carried_, carried_bytes_);
  } else {
    if (carried_.capacity() < carried_.size() + kPadding) {
      carried_.reserve(carried_.size() + kPadding);
    }
    HandleLine(carried_, carried_.capacity() - carried_.size(), handler);
  }
  carried_.clear();
  carried_bytes_ = 0;
  if (carried_.capacity() > kKeptCapacity) carried_ = std::string();
}

void LineSplitter::HandleLine(std::string_view line, size_t readable_behind,
                              LineHandler* handler) {
  if (is_first_) {
    is_first_ = false;
    if (line.starts_with(kByteOrderMark)) {
      line.remove_prefix(kByteOrderMark.size());
    }
  }
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
    ++readable_behind;
  }
  if (line.size() > max_line_bytes_) {
    return handler->OnLongLine(
        line.substr(0, std::min(line.size(), kKeptBytes)), line.size());
  }
  if (IsBlank(line)) return handler->OnBlankLine();
  handler->OnLine(line, readable_behind);
}

}  // namespace sluice::lines
