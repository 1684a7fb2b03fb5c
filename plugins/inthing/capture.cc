#include "plugins/inthing/capture.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "plugins/inthing/inthing_error.h"
#include "plugins/inthing/text_limits.h"

extern char** environ;

namespace sluice::inthing {
namespace {

constexpr size_t kReadBytes = 4096;
// A line of this many bytes has too many characters, however they are encoded.
constexpr size_t kMaxLineBytes = 4 * kMaxCapture;

absl::Status CannotStart(const std::string& program, int error) {
  return MakeError(
      absl::StatusCode::kNotFound,
      absl::StrCat(program, ": cannot be started: ", strerror(error)),
      v1::Error::IO);
}

// Reads until the other side has closed it.
void ReadPipe(int fd, const std::function<void(std::string_view)>& handle) {
  char piece[kReadBytes];
  while (true) {
    const ssize_t got = read(fd, piece, sizeof(piece));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    handle(std::string_view(piece, static_cast<size_t>(got)));
  }
}

int WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return 1;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Starts `command` with `output` as its standard output and, if `with_stderr`,
// error. Returns an errno.
int Spawn(const std::vector<std::string>& command, int output, bool with_stderr,
          pid_t* pid) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (with_stderr) {
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  }
  const int error = posix_spawnp(pid, arguments[0], &actions, nullptr,
                                 arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

bool CapturedText::Fits(const std::string& line, std::string* text) const {
  *text = ToUtf8(line);
  return characters_ + CountCodePoints(*text) <= kMaxCapture;
}

void CapturedText::Add(std::string_view piece) {
  while (!piece.empty() && !was_cut_) {
    const size_t end = piece.find('\n');
    const bool whole = end != std::string_view::npos;
    line_.append(piece.substr(0, whole ? end + 1 : piece.size()));
    piece.remove_prefix(whole ? end + 1 : piece.size());
    if (!whole && line_.size() <= kMaxLineBytes) return;
    std::string text;
    was_cut_ = !Fits(line_, &text);
    line_.clear();
    if (was_cut_) return;
    characters_ += CountCodePoints(text);
    text_.append(text);
  }
}

std::string CapturedText::Text() const {
  std::string last;
  return Fits(line_, &last) ? text_ + last : text_;
}

// Writes to both.
class OutputCapture::Buffer final : public std::streambuf {
 public:
  explicit Buffer(std::streambuf* inner) : inner_(inner) {}
  const CapturedText& captured() const { return captured_; }

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) {
      return traits_type::not_eof(c);
    }
    const char byte = traits_type::to_char_type(c);
    captured_.Add(std::string_view(&byte, 1));
    return inner_->sputc(byte);
  }
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    captured_.Add(std::string_view(bytes, static_cast<size_t>(count)));
    return inner_->sputn(bytes, count);
  }
  int sync() override { return inner_->pubsync(); }

 private:
  std::streambuf* const inner_;
  CapturedText captured_;
};

OutputCapture::OutputCapture(std::ostream& stream)
    : stream_(stream),
      inner_(stream.rdbuf()),
      buffer_(std::make_unique<Buffer>(inner_)) {
  stream_.rdbuf(buffer_.get());
}

OutputCapture::~OutputCapture() { Finish(); }

std::string OutputCapture::Finish() {
  if (stream_.rdbuf() == buffer_.get()) stream_.rdbuf(inner_);
  return buffer_->captured().Text();
}

absl::StatusOr<CommandOutput> CaptureCommand(
    const std::vector<std::string>& command, bool with_stderr,
    const std::function<void(std::string_view)>& echo) {
  if (command.empty() || command[0].empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     "command: no program is named", v1::Error::CONFIG);
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return CannotStart(command[0], errno);
  pid_t pid = 0;
  const int error = Spawn(command, ends[1], with_stderr, &pid);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return CannotStart(command[0], error);
  }
  CapturedText captured;
  ReadPipe(ends[0], [&](std::string_view piece) {
    captured.Add(piece);
    if (echo) echo(piece);
  });
  close(ends[0]);
  const int exit_code = WaitFor(pid);
  return CommandOutput{captured.Text(), captured.was_cut(), exit_code};
}

}  // namespace sluice::inthing
