#include "tests/fault/moved_clock.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::fault {
namespace {

// Where Debian's libfaketime puts the library for programs with threads.
constexpr char kLibrary[] =
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

}  // namespace

MovedClock::MovedClock(std::string path) : path_(std::move(path)) {
  Move(absl::ZeroDuration());
}

bool MovedClock::Available() { return ::access(kLibrary, R_OK) == 0; }

void MovedClock::Move(absl::Duration offset) {
  const std::string next = path_ + ".next";
  {
    std::ofstream file(next, std::ios::trunc);
    file << absl::StrFormat("%+d\n", absl::ToInt64Seconds(offset));
  }
  std::rename(next.c_str(), path_.c_str());  // Never seen half written.
}

std::vector<std::string> MovedClock::environment() const {
  if (!Available()) return {};
  return {absl::StrCat("LD_PRELOAD=", kLibrary),
          absl::StrCat("FAKETIME_TIMESTAMP_FILE=", path_),
          "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"};
}

}  // namespace sluice::fault
