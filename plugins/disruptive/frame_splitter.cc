#include "plugins/disruptive/frame_splitter.h"

#include <algorithm>

namespace sluice::disruptive {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

void FrameSplitter::Feed(std::string_view piece) {
  if (framing_ == Framing::kJsonLines) {
    FeedLines(piece);
  } else {
    FeedServerSentEvents(piece);
  }
}

void FrameSplitter::Grow(std::string_view part) {
  const size_t room = max_bytes_ - std::min(max_bytes_, line_.size());
  if (part.size() > room) overflow_ = true;
  line_.append(part.substr(0, room));
}

void FrameSplitter::FeedLines(std::string_view piece) {
  while (!stopped_ && !piece.empty()) {
    const size_t end = piece.find('\n');
    if (end == std::string_view::npos) {
      Grow(piece);
      return;
    }
    EndJsonLine(piece.substr(0, end));
    piece.remove_prefix(end + 1);
  }
}

void FrameSplitter::EndJsonLine(std::string_view tail) {
  std::string_view line = tail;
  if (!line_.empty() || overflow_ || tail.size() > max_bytes_) {
    Grow(tail);
    line = line_;
  }
  if (overflow_) {
    handler_->OnOversizedFrame(line);
  } else {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!IsBlank(line)) handler_->OnFrame(line);
  }
  line_.clear();
  overflow_ = false;
}

void FrameSplitter::FeedServerSentEvents(std::string_view piece) {
  while (!stopped_ && !piece.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      if (piece[0] == '\n') {
        piece.remove_prefix(1);
        continue;
      }
    }
    const size_t end = piece.find_first_of("\r\n");
    if (end == std::string_view::npos) {
      Grow(piece);
      return;
    }
    Grow(piece.substr(0, end));
    after_cr_ = piece[end] == '\r';
    piece.remove_prefix(end + 1);
    EndSseLine();
  }
}

void FrameSplitter::EndSseLine() {
  std::string_view line = line_;
  if (first_line_ && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  first_line_ = false;
  if (line.empty()) {
    DispatchSse();
  } else if (line == "data" || line.starts_with("data:")) {
    line.remove_prefix(std::min<size_t>(line.size(), 5));
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (has_data_) GrowData("\n");
    GrowData(line);
    if (overflow_) data_overflow_ = true;
    has_data_ = true;
  }
  line_.clear();
  overflow_ = false;
}

void FrameSplitter::GrowData(std::string_view part) {
  const size_t room = max_bytes_ - data_.size();
  if (part.size() > room) data_overflow_ = true;
  data_.append(part.substr(0, room));
}

void FrameSplitter::DispatchSse() {
  if (data_overflow_) {
    handler_->OnOversizedFrame(data_);
  } else if (has_data_ && !IsBlank(data_)) {
    handler_->OnFrame(data_);
  }
  data_.clear();
  has_data_ = false;
  data_overflow_ = false;
}

}  // namespace sluice::disruptive
