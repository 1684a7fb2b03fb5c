#include "plugins/replay/replay_reader.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "plugins/replay/csv_record.h"
#include "plugins/replay/json_record.h"
#include "storage/base/status_macros.h"

namespace sluice::replay {
namespace {

// Bounds of one piece, and of what one Read() brings in.
constexpr size_t kMaxPieceEvents = 1000;
constexpr size_t kMaxPieceBytes = 256 << 10;
constexpr size_t kMaxReadEvents = 2000;
constexpr size_t kMaxReadBytes = 512 << 10;
// Events due within it are emitted together.
constexpr absl::Duration kTick = absl::Milliseconds(1);

std::unique_ptr<RecordParser> MakeParser(const ReplayOptions& options) {
  if (options.is_csv) return std::make_unique<CsvRecordParser>(options.fields);
  return std::make_unique<JsonRecordParser>(options.fields);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReplayReader>> ReplayReader::Create(
    ReplayOptions options, const std::optional<std::string>& checkpoint) {
  std::optional<Position> resume;
  if (checkpoint.has_value()) {
    SLUICE_ASSIGN_OR_RETURN(resume, ParseCheckpoint(*checkpoint));
  }
  return std::unique_ptr<ReplayReader>(
      new ReplayReader(std::move(options), resume));
}

ReplayReader::ReplayReader(ReplayOptions options,
                           std::optional<Position> resume)
    : options_(std::move(options)),
      file_name_(std::filesystem::path(options_.path).filename().string()),
      parser_(MakeParser(options_)),
      resume_(resume) {}

absl::StatusOr<ReplayReader::Position> ReplayReader::ParseCheckpoint(
    const std::string& text) {
  Position position;
  int end = 0;
  if (std::sscanf(text.c_str(),
                  "1 %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 "%n",
                  &position.offset, &position.file.inode, &position.file.size,
                  &position.round, &end) != 4 ||
      end != static_cast<int>(text.size()) || position.round == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("checkpoint \"", text, "\" is not one of a replay"));
  }
  return position;
}

std::string ReplayReader::Checkpoint(uint64_t offset) const {
  const FileIdentity file = lines_->identity();
  return absl::StrCat("1 ", offset, " ", file.inode, " ", file.size, " ",
                      round_);
}

absl::StatusOr<ReadAhead> ReplayReader::Read() {
  ReadAhead ahead;
  size_t events = 0;
  size_t bytes = 0;
  if (lines_ == nullptr) SLUICE_RETURN_IF_ERROR(OpenFile());
  SLUICE_ASSIGN_OR_RETURN(header_passed_, PassHeader());
  while (events < kMaxReadEvents && bytes < kMaxReadBytes) {
    Line line;
    bool has_line = false;
    if (header_passed_) {
      absl::StatusOr<bool> next = lines_->Next(!options_.follow, &line);
      if (!next.ok()) {
        // What has been read before is good.
        ClosePiece(&ahead);
        if (ahead.pieces.empty()) return next.status();
        return ahead;
      }
      has_line = *next;
    }
    if (!has_line) {
      SLUICE_ASSIGN_OR_RETURN(ahead.state, AtEnd(&ahead));
      return ahead;
    }
    ++events;
    bytes += line.text.size();
    TakeLine(line, &ahead);
  }
  ClosePiece(&ahead);
  return ahead;
}

absl::Status ReplayReader::OpenFile() {
  absl::StatusOr<std::unique_ptr<LineReader>> lines =
      LineReader::Open(options_.path, options_.max_line_bytes);
  if (!lines.ok()) {
    return absl::Status(
        lines.status().code(),
        absl::StrCat("path: ", absl::string_view(lines.status().message())));
  }
  lines_ = *std::move(lines);
  header_passed_ = false;
  piece_end_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<bool> ReplayReader::PassHeader() {
  if (header_passed_) return true;
  if (parser_->has_header()) {
    Line line;
    SLUICE_ASSIGN_OR_RETURN(const bool has_line,
                            lines_->Next(!options_.follow, &line));
    if (!has_line) return false;
    absl::Status header = parser_->ReadHeader(line.text);
    if (!header.ok()) {
      lines_ = nullptr;
      return absl::FailedPreconditionError(absl::string_view(header.message()));
    }
  }
  piece_end_ = lines_->offset();
  if (resume_.has_value()) Resume(*std::exchange(resume_, std::nullopt));
  return true;
}

void ReplayReader::Resume(const Position& position) {
  const FileIdentity file = lines_->identity();
  if (file.inode != position.file.inode || file.size < position.offset) {
    LOG(WARNING) << options_.path
                 << " is not the file that was read before; reading it from "
                    "its beginning";
    return;
  }
  round_ = position.round;
  if (position.offset <= lines_->offset()) return;
  lines_->Seek(position.offset);
  round_has_lines_ = true;
  piece_end_ = position.offset;
}

absl::StatusOr<ReadAhead::State> ReplayReader::AtEnd(ReadAhead* ahead) {
  if (options_.follow) return AtEndFollowing(ahead);
  ClosePiece(ahead);
  if (!options_.loop || !round_has_lines_) return ReadAhead::State::kEnd;
  ++round_;
  round_has_lines_ = false;
  first_time_.reset();
  round_start_ = last_due_;
  header_passed_ = false;
  lines_->Seek(0);
  return ReadAhead::State::kMore;
}

absl::StatusOr<ReadAhead::State> ReplayReader::AtEndFollowing(
    ReadAhead* ahead) {
  const bool is_replaced = lines_->WasReplaced();
  const bool is_truncated = lines_->identity().size < lines_->offset();
  if (is_replaced && header_passed_ && !is_truncated) {
    // Nobody will end its last line any more.
    Line line;
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const bool has_line, lines_->Next(true, &line));
      if (!has_line) break;
      TakeLine(line, ahead);
    }
  }
  ClosePiece(ahead);
  if (!is_replaced && !is_truncated) return ReadAhead::State::kWait;
  // The next call opens the new file, if it is there yet.
  lines_ = nullptr;
  return ReadAhead::State::kMore;
}

void ReplayReader::TakeLine(const Line& line, ReadAhead* ahead) {
  round_has_lines_ = true;
  if (line.text.empty()) {
    piece_end_ = lines_->offset();
    return;
  }
  std::string reason;
  std::string message;
  if (line.is_cut) {
    reason = "line_too_long";
    message = absl::StrCat("longer than ", options_.max_line_bytes, " bytes");
  } else if (absl::Status parsed = parser_->Parse(line.text, &record_);
             !parsed.ok()) {
    reason = std::string(parser_->reason());
    message = std::string(parsed.message());
  }
  if (reason.empty()) {
    if (record_.is_event) TakeEvent(line, ahead);
  } else {
    malformed_.push_back(
        {std::string(line.text), std::move(reason),
         absl::StrCat(options_.path, " at byte ", line.offset, ": ", message)});
    piece_bytes_ += line.text.size();
  }
  piece_end_ = lines_->offset();
}

void ReplayReader::TakeEvent(const Line& line, ReadAhead* ahead) {
  const absl::Duration due = DueTime();
  const bool has_company = !builder_.empty() || !malformed_.empty();
  if (has_company &&
      (due >= piece_due_ + kTick || builder_.size() >= kMaxPieceEvents ||
       piece_bytes_ >= kMaxPieceBytes)) {
    ClosePiece(ahead);
  }
  if (builder_.empty()) piece_due_ = due;
  if (record_.id.empty()) {
    record_.id = absl::StrCat(file_name_, ":", line.offset);
  }
  if (round_ > 1) absl::StrAppend(&record_.id, "#", round_);
  EventFields fields;
  fields.id = record_.id;
  fields.source = record_.source.empty() ? options_.source : record_.source;
  fields.type = record_.type.empty() ? options_.type : record_.type;
  fields.subject = record_.subject;
  fields.datacontenttype = record_.datacontenttype;
  fields.data = record_.data;
  fields.time_unix_nanos = record_.time_unix_nanos;
  labels_.clear();
  for (const auto& [key, value] : record_.labels) {
    labels_.push_back({key, value});
  }
  fields.labels = labels_;
  builder_.Add(fields);
  piece_bytes_ += line.text.size();
}

absl::Duration ReplayReader::DueTime() {
  absl::Duration due = last_due_;
  if (options_.rate > 0) {
    due = absl::Seconds(static_cast<double>(events_) / options_.rate);
  } else if (options_.speed > 0 && record_.time_unix_nanos != 0) {
    if (!first_time_.has_value()) first_time_ = record_.time_unix_nanos;
    due = round_start_ +
          absl::Nanoseconds(record_.time_unix_nanos - *first_time_) /
              options_.speed;
  }
  ++events_;
  // Times that go back do not hold up what follows.
  last_due_ = std::max(last_due_, due);
  return last_due_;
}

void ReplayReader::ClosePiece(ReadAhead* ahead) {
  if (builder_.empty() && malformed_.empty()) return;
  Piece piece;
  if (!builder_.empty()) piece.events = builder_.Build();
  piece.malformed = std::exchange(malformed_, {});
  piece.checkpoint = Checkpoint(piece_end_);
  piece.due = piece_due_;
  ahead->pieces.push_back(std::move(piece));
  piece_bytes_ = 0;
}

}  // namespace sluice::replay
