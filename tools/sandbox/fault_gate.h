// Puts the fault switch between a server and an emulator.
#ifndef TOOLS_SANDBOX_FAULT_GATE_H_
#define TOOLS_SANDBOX_FAULT_GATE_H_

#include <memory>

#include "pipeline/executor/executor.h"
#include "pipeline/http/http_server.h"
#include "tools/sandbox/emulator.h"
#include "tools/sandbox/fault_switch.h"

namespace sluice::sandbox {

// Hands `request` to `emulator`, or does to it what the fault it meets in
// `faults` says. A stream counts as one request, met when it opens. Runs on
// `executor`, which outlives the answer.
void ServeWithFaults(FaultSwitch& faults, Emulator& emulator,
                     Executor& executor, HttpServerRequest request,
                     std::shared_ptr<HttpResponder> responder);

// What becomes of a request of which only the head has arrived.
HeadVerdict JudgeHead(FaultSwitch& faults, const Emulator& emulator,
                      const HttpServerRequest& head);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FAULT_GATE_H_
