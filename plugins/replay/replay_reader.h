// From the lines of a file to pieces of input ready to be emitted, with
// checkpoints.
#ifndef PLUGINS_REPLAY_REPLAY_READER_H_
#define PLUGINS_REPLAY_REPLAY_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/api/source.h"
#include "plugins/replay/line_reader.h"
#include "plugins/replay/record.h"
#include "storage/event/event_batch.h"

namespace sluice::replay {

struct ReplayOptions {
  std::string path;
  bool is_csv = false;
  FieldNames fields;
  // Of records that do not say their own.
  std::string type;
  std::string source;
  // At most one of the two is set; 0: not.
  double rate = 0;
  double speed = 0;
  bool loop = false;
  bool follow = false;
  size_t max_line_bytes = 1 << 20;
};

// What is emitted at once.
struct Piece {
  EventBatchPtr events;
  std::vector<MalformedInput> malformed;
  // Where to go on once this piece is stored.
  std::string checkpoint;
  // When it is due, counted from the first piece of this run. Never less than
  // that of the piece before.
  absl::Duration due;
};

struct ReadAhead {
  enum class State {
    // There is more to read.
    kMore,
    // All has been read; only without `follow`.
    kEnd,
    // All there is now has been read; only with `follow`.
    kWait,
  };
  std::vector<Piece> pieces;
  State state = State::kMore;
};

// Reads a file from a checkpoint on.
//
// A checkpoint names the offset behind the last line, the file's inode and size
// and the round of a loop: "1 <offset> <inode> <size> <round>". It holds as
// long as the path names the same inode and the file is no shorter than the
// offset; else the file is another one, and is read from its beginning.
//
// Thread-safety: none; blocks on the disk.
class ReplayReader {
 public:
  //   kInvalidArgument: `checkpoint` cannot be understood.
  static absl::StatusOr<std::unique_ptr<ReplayReader>> Create(
      ReplayOptions options, const std::optional<std::string>& checkpoint);

  ReplayReader(const ReplayReader&) = delete;
  ReplayReader& operator=(const ReplayReader&) = delete;

  // Reads on, about as much as is good to hold in memory at once.
  //   kNotFound            there is no file at the path
  //   kFailedPrecondition  the file cannot be used; the message begins with the
  //                        field of the configuration to look at
  //   kUnavailable         reading failed; try again later
  absl::StatusOr<ReadAhead> Read();

 private:
  struct Position {
    uint64_t offset = 0;
    FileIdentity file;
    // From 1.
    uint64_t round = 1;
  };

  ReplayReader(ReplayOptions options, std::optional<Position> resume);

  static absl::StatusOr<Position> ParseCheckpoint(const std::string& text);
  std::string Checkpoint(uint64_t offset) const;

  absl::Status OpenFile();
  // Goes to where the checkpoint says, if this is still that file.
  void Resume(const Position& position);
  // Reads the header line if the format has one. False: it is not there yet.
  absl::StatusOr<bool> PassHeader();
  // What comes after the last line.
  absl::StatusOr<ReadAhead::State> AtEnd(ReadAhead* ahead);
  absl::StatusOr<ReadAhead::State> AtEndFollowing(ReadAhead* ahead);

  // Handles one line: adds it to the piece under construction.
  void TakeLine(const Line& line, ReadAhead* ahead);
  void TakeEvent(const Line& line, ReadAhead* ahead);
  // When the event in record_ is due.
  absl::Duration DueTime();
  void ClosePiece(ReadAhead* ahead);

  const ReplayOptions options_;
  const std::string file_name_;
  std::unique_ptr<RecordParser> parser_;
  std::optional<Position> resume_;
  std::unique_ptr<LineReader> lines_;
  bool header_passed_ = false;
  uint64_t round_ = 1;
  bool round_has_lines_ = false;

  Record record_;
  std::vector<LabelView> labels_;
  // The piece under construction; it ends before piece_end_.
  EventBatchBuilder builder_;
  std::vector<MalformedInput> malformed_;
  size_t piece_bytes_ = 0;
  absl::Duration piece_due_;
  uint64_t piece_end_ = 0;

  // Timetable.
  uint64_t events_ = 0;
  std::optional<int64_t> first_time_;
  absl::Duration round_start_;
  absl::Duration last_due_;
};

}  // namespace sluice::replay

#endif  // PLUGINS_REPLAY_REPLAY_READER_H_
