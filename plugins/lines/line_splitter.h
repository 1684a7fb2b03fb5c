// From the bytes of a stream to lines.
#ifndef PLUGINS_LINES_LINE_SPLITTER_H_
#define PLUGINS_LINES_LINE_SPLITTER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::lines {

// Takes the lines of a stream.
class LineHandler {
 public:
  virtual ~LineHandler() = default;

  // A line without its end, which is not blank; the view holds for the call.
  // `readable_behind`: bytes behind it that may be read, whatever they are.
  virtual void OnLine(std::string_view line, size_t readable_behind) = 0;
  // A line over the bound: its beginning, and how long it was.
  virtual void OnLongLine(std::string_view beginning, uint64_t bytes) = 0;
  // Nothing, or blanks and tabs only.
  virtual void OnBlankLine() = 0;
};

// Cuts one stream at its line feeds. A carriage return before one belongs to
// it, and so does a UTF-8 byte order mark at the beginning of the stream.
//
// Lines are handed on where they stand; only one that comes in several pieces
// is put together, in at most twice the bound of memory.
//
// Thread-safety: none.
class LineSplitter {
 public:
  // Of a line over the bound so much is kept.
  static constexpr size_t kKeptBytes = 4 << 10;

  // `max_line_bytes` is without line end.
  explicit LineSplitter(size_t max_line_bytes)
      : max_line_bytes_(max_line_bytes) {}

  // Calls `handler` for each line that ends in `bytes`, the next of the stream.
  void Feed(std::string_view bytes, size_t readable_behind,
            LineHandler* handler);

  // The stream has ended: what came behind the last line feed is a line too.
  void End(LineHandler* handler);

 private:
  // Keeps a part of a line whose end has not come.
  void Carry(std::string_view part);
  void EndCarried(LineHandler* handler);
  void HandleLine(std::string_view line, size_t readable_behind,
                  LineHandler* handler);

  const size_t max_line_bytes_;
  bool is_first_ = true;
  // The line whose end has not come: its bytes so far, or its beginning if they
  // are too many.
  std::string carried_;
  uint64_t carried_bytes_ = 0;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_LINE_SPLITTER_H_
