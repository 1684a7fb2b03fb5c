// Dead letters for people and for scripts.
#ifndef TOOLS_SLUICE_DEAD_LETTER_OUTPUT_H_
#define TOOLS_SLUICE_DEAD_LETTER_OUTPUT_H_

#include <string>
#include <vector>

#include "boost/json.hpp"
#include "proto/storage/v1/storage.pb.h"
#include "tools/sluice/event_output.h"

namespace sluice {

// Bytes that are not UTF-8 stand under "NAME_base64" instead of "NAME".
boost::json::object DeadLetterToJson(const storage::v1::DeadLetter& letter,
                                     const std::string& pipeline,
                                     Payload payload);

// A table with a line for each letter.
std::string FormatDeadLetters(
    const std::vector<storage::v1::DeadLetter>& letters);

// Everything about one letter. Of the payload as much as fits a screen.
std::string FormatDeadLetter(const storage::v1::DeadLetter& letter,
                             const std::string& pipeline);

// The payload: the event's data, or the input.
std::string PayloadOf(const storage::v1::DeadLetter& letter);

}  // namespace sluice

#endif  // TOOLS_SLUICE_DEAD_LETTER_OUTPUT_H_
