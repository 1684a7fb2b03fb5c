// What differs between two specs.
#ifndef PIPELINE_TOPOLOGY_SPEC_CHANGES_H_
#define PIPELINE_TOPOLOGY_SPEC_CHANGES_H_

#include <string>
#include <vector>

#include "pipeline/topology/pipeline_spec.h"

namespace sluice {

// Of one pipeline. Names are in order.
struct PipelineChanges {
  // The options of the log, which it takes when it is opened.
  bool log = false;
  // Sources, transforms, or what is done with their events before they are
  // stored.
  bool intake = false;
  std::vector<std::string> added_sinks;
  std::vector<std::string> removed_sinks;
  // With the same name and another plugin, configuration or policy.
  std::vector<std::string> changed_sinks;

  bool empty() const;
};

// Where a sink new to the log begins makes no difference to one that is there.
PipelineChanges Compare(const PipelineSpec& before, const PipelineSpec& after);

// What a process takes when it starts, and that differs: names of top-level
// keys, in order.
std::vector<std::string> FixedChanges(const ProcessSpec& before,
                                      const ProcessSpec& after);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_SPEC_CHANGES_H_
