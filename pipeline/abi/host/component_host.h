// What a started component of a library reaches of the process.
#ifndef PIPELINE_ABI_HOST_COMPONENT_HOST_H_
#define PIPELINE_ABI_HOST_COMPONENT_HOST_H_

#include <memory>
#include <string>
#include <string_view>

#include "pipeline/abi/plugin_abi.h"
#include "pipeline/api/component.h"

namespace sluice::abi {

// The functions that every library is given. Lives as long as the process.
const SluiceHost& Host();

// Reasons group things, and become labels of metrics.
inline constexpr size_t kMaxReasonBytes = 64;

// Text of a library: bounded, and UTF-8 whatever it was.
std::string Text(SluiceBytes bytes, size_t max_bytes = 4096);

// One started component, from its start until after it is destroyed: behind its
// handle the functions of Host() find the surroundings of the component. A call
// with a handle that is closed does nothing, so a thread that a library forgot
// to stop does no harm.
//
// Thread-safety: made, used and destroyed on the component's executor.
class ComponentHost {
 public:
  // What differs between the kinds of components. Called on the executor, with
  // arguments that nobody has checked.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual SluiceCode Emit(const SluiceEmission* emission);
    virtual void NotifyWhenReady() {}
    virtual SluiceCode Complete(uint64_t delivery,
                                const SluiceDeliveryResult* result);
    virtual void Stopped() = 0;
  };

  // `plugin` is for messages, e.g. "plugin acme of /opt/acme.so". What
  // `context` points to and `owner` outlive this.
  ComponentHost(const ComponentContext& context, std::string plugin,
                Owner* owner);
  // Waits for calls under way on other threads.
  ~ComponentHost();
  ComponentHost(const ComponentHost&) = delete;
  ComponentHost& operator=(const ComponentHost&) = delete;

  SluiceComponent handle() const { return handle_; }
  // For the start of the component; good as long as this.
  SluiceStart MakeStart() const;

  // Counts and logs what the plugin did against the contract.
  void Complain(std::string_view what);

  // component_record.h
  class Record;

 private:
  const std::shared_ptr<Record> record_;
  const SluiceComponent handle_;
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_HOST_COMPONENT_HOST_H_
