// What both sides of proto/plugin/v1/plugin.proto agree on.
#ifndef PIPELINE_PLUGIN_PROCESS_PROTOCOL_H_
#define PIPELINE_PLUGIN_PROCESS_PROTOCOL_H_

#include <cstdint>

namespace sluice::plugin_process {

// The version of the protocol that this is.
inline constexpr uint32_t kProtocolMajor = 1;
inline constexpr uint32_t kProtocolMinor = 0;

// Metadata of each call.
inline constexpr char kTokenKey[] = "sluice-token";

// Variables of the environment that a program is started with.
inline constexpr char kSocketVariable[] = "SLUICE_PLUGIN_SOCKET";
inline constexpr char kTokenVariable[] = "SLUICE_PLUGIN_TOKEN";
inline constexpr char kMaxMessageBytesVariable[] =
    "SLUICE_PLUGIN_MAX_MESSAGE_BYTES";

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PROTOCOL_H_
