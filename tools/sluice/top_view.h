// What `sluice top` shows.
#ifndef TOOLS_SLUICE_TOP_VIEW_H_
#define TOOLS_SLUICE_TOP_VIEW_H_

#include <map>
#include <string>
#include <string_view>

#include "proto/admin/v1/status.pb.h"

namespace sluice {

// Makes frames of one status after the other.
//
// Thread-safety: none.
class TopView {
 public:
  // The frame for `status`, a line break behind each line. Rates are those
  // since the frame before; "-" in the first one, and for what is new.
  std::string Frame(const admin::v1::ProcessStatus& status);

 private:
  // How a counter grew since the frame before, per second.
  std::string Rate(const std::string& counter, uint64_t value);
  std::string Header(const admin::v1::ProcessStatus& status) const;
  std::string Sources(const admin::v1::PipelineStatus& pipeline);
  std::string Sinks(const admin::v1::PipelineStatus& pipeline,
                    const admin::v1::ProcessStatus& status);

  // Counters of this frame and of the one before, by "pipeline.component what".
  std::map<std::string, uint64_t> now_;
  std::map<std::string, uint64_t> before_;
  // Between the two; 0: there was none before.
  double seconds_ = 0;
  int64_t before_unix_nanos_ = 0;
};

// `frame` as a terminal of this size shows it: longer lines are cut, and lines
// that do not fit are left out but for a last one that says so.
std::string Fit(std::string_view frame, int columns, int rows);

}  // namespace sluice

#endif  // TOOLS_SLUICE_TOP_VIEW_H_
