// Writes the golden files of the current format version, and prints the worked
// example of docs/log_format.md.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/format/record.h"
#include "tests/golden/golden_log.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

void WriteRecord(format::Codec codec, const EventBatch& batch,
                 const fs::path& path) {
  std::string record;
  format::RecordEncoder(codec).Append(ExampleHeader(), batch, &record);
  std::ofstream(path, std::ios::binary) << record;
}

void PrintExample() {
  std::string record;
  format::RecordEncoder(format::Codec::kNone)
      .Append(ExampleHeader(), *ExampleBatch(), &record);
  for (size_t i = 0; i < record.size(); ++i) {
    std::printf("%02x%s", static_cast<unsigned char>(record[i]),
                i % 16 == 15 || i + 1 == record.size() ? "\n" : " ");
  }
}

void Generate(const fs::path& folder) {
  fs::create_directories(folder);
  WriteRecord(format::Codec::kNone, *GoldenBatch(), folder / "none.record");
  WriteRecord(format::Codec::kLz4, *GoldenBatch(), folder / "lz4.record");
  MakeGoldenLog(folder / "log");
  // RocksDB's own notes, which are no part of the format.
  for (const auto& entry : fs::directory_iterator(folder / "log")) {
    const std::string name = entry.path().filename();
    if (absl::StartsWith(name, "LO") || absl::StartsWith(name, "OPTIONS") ||
        name == "reserve") {
      fs::remove(entry.path());
    }
  }
  PrintExample();
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  google::InitGoogleLogging(argv[0]);
  CHECK_EQ(argc, 2) << "usage: generate <folder>";
  sluice::Generate(argv[1]);
}
