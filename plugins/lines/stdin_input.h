// Lines from the standard input.
#ifndef PLUGINS_LINES_STDIN_INPUT_H_
#define PLUGINS_LINES_STDIN_INPUT_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "plugins/lines/emission_relay.h"
#include "plugins/lines/line_batch.h"
#include "plugins/lines/line_decoder.h"
#include "plugins/lines/line_splitter.h"
#include "plugins/lines/lines_input.h"
#include "plugins/lines/lines_settings.h"

namespace sluice::lines {

// Reads a file descriptor, which may be a pipe, a terminal or a file, on a
// thread of its own, until its end. Only one source of a process can have the
// standard input; another one is paused.
class StdinInput final : public LinesInput, private LineHandler {
 public:
  StdinInput(StdinSettings settings, InputParts parts);
  ~StdinInput() override;

  void Start() override;
  void Stop(absl::AnyInvocable<void()> done) override;
  bool finished() const override { return at_end_ && relay_->idle(); }

 private:
  // On the thread.
  void Run();
  // False: Stop() was called.
  bool AwaitBytes();
  bool AwaitTurn();
  void HandOver();
  void OnLine(std::string_view line, size_t readable_behind) override;
  void OnLongLine(std::string_view beginning, uint64_t bytes) override;
  void OnBlankLine() override { batch_.OnBlankLine(); }

  void OnTaken();
  // On the executor: nothing more comes. `trouble` says why, if it is no end.
  void Finish(const std::string& trouble);

  const StdinSettings settings_;
  const InputParts parts_;
  const std::shared_ptr<EmissionRelay> relay_;
  const std::unique_ptr<LineDecoder> decoder_;
  LineSplitter splitter_;
  LineBatch batch_;
  bool claimed_ = false;
  bool at_end_ = false;
  // Interrupts a wait for bytes.
  int interrupt_ = -1;

  absl::Mutex mu_;
  // Emissions that are not in the queue yet.
  int waiting_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;

  std::thread thread_;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_STDIN_INPUT_H_
