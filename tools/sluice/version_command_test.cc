#include "tools/sluice/version_command.h"

#include <sstream>

#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

using ::testing::MatchesRegex;

TEST(VersionCommandTest, PrintsOneLineForPeople) {
  std::ostringstream out;
  EXPECT_EQ(RunVersion(OutputFormat::kText, out), kExitOk);
  EXPECT_THAT(out.str(), MatchesRegex("sluice [0-9.]+\n"));
}

TEST(VersionCommandTest, PrintsAnObjectForScripts) {
  std::ostringstream out;
  EXPECT_EQ(RunVersion(OutputFormat::kJson, out), kExitOk);
  const boost::json::object parsed = boost::json::parse(out.str()).as_object();
  EXPECT_TRUE(parsed.at("version").is_string());
}

}  // namespace
}  // namespace sluice
