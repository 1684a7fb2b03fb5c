// What a program prints, kept for a post.
#ifndef PLUGINS_INTHING_CAPTURE_H_
#define PLUGINS_INTHING_CAPTURE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::inthing {

// The official client keeps so many characters
// (willmcgugan/inthing at 6364ceaa, inthing/command/sub/capture.py).
inline constexpr size_t kMaxCapture = 64 * 1024 - 20;

// Text that grows up to kMaxCapture characters: whole lines as long as they
// fit, and nothing behind the first that does not. What is not UTF-8 becomes
// U+FFFD.
class CapturedText {
 public:
  // The next piece; pieces end anywhere.
  void Add(std::string_view piece);
  // All lines, the unfinished last one too.
  std::string Text() const;
  // Something did not fit.
  bool was_cut() const { return was_cut_; }

 private:
  // The line if it fits, in UTF-8.
  bool Fits(const std::string& line, std::string* text) const;

  std::string text_;
  size_t characters_ = 0;
  std::string line_;
  bool was_cut_ = false;
};

// While it lives, what is written to `stream` is kept too:
//
//   OutputCapture capture(std::cout);
//   ...
//   my_stream.Add(CapturePost(capture.Finish()), done);
//
// Thread-safety: none, like the stream's.
class OutputCapture {
 public:
  // `stream` outlives the capture.
  explicit OutputCapture(std::ostream& stream);
  ~OutputCapture();
  OutputCapture(const OutputCapture&) = delete;
  OutputCapture& operator=(const OutputCapture&) = delete;

  // Ends it; returns what was written. Again: the same.
  std::string Finish();

 private:
  class Buffer;
  std::ostream& stream_;
  std::streambuf* const inner_;
  const std::unique_ptr<Buffer> buffer_;
};

struct CommandOutput {
  std::string text;
  bool was_cut = false;
  // Of the command, or 128 + the signal that ended it.
  int exit_code = 0;
};

// Runs a program, found in PATH, with its arguments; waits for its end and
// keeps what it printed on standard output and, if `with_stderr`, on standard
// error. `echo` gets every piece as it comes. Blocks as long as the program
// runs.
//   kInvalidArgument (v1::Error::CONFIG): no program is named.
//   kNotFound (v1::Error::IO): it cannot be started.
absl::StatusOr<CommandOutput> CaptureCommand(
    const std::vector<std::string>& command, bool with_stderr,
    const std::function<void(std::string_view)>& echo);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_CAPTURE_H_
