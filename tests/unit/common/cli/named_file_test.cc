// Programs whose files have names, and options whose values have a form of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/atomic_file.h"
#include "common/cli/program_options.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

absl::StatusOr<int> ParseDozens(absl::string_view text) {
  if (text.empty() || text.find_first_not_of('o') != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not written in o"));
  }
  return static_cast<int>(12 * text.size());
}

// A program whose option has a form of its own, and whose files have names.
class NamedFileTest : public ::testing::Test {
 protected:
  NamedFileTest() : options_("shoal-test", "Tests the options.") {
    options_.Group("Eggs");
    options_.AddParsed("--eggs", "DOZENS", eggs_, &ParseDozens, "o", "How many eggs.");
    options_.NameFileBy(
        "--recipe", "NAME",
        [](const std::string& name) -> absl::StatusOr<std::string> {
          if (name == "none") return absl::NotFoundError("there is no recipe called none");
          return absl::StrCat(::testing::TempDir(), name, ".recipe");
        },
        "Cook this.");
  }

  std::optional<int> Parse(std::initializer_list<const char*> arguments) {
    std::vector<const char*> argv = {"shoal-test"};
    argv.insert(argv.end(), arguments);
    return options_.Parse(static_cast<int>(argv.size()), argv.data(), out_, err_);
  }

  int eggs_ = 12;
  std::ostringstream out_;
  std::ostringstream err_;
  ProgramOptions options_;
};

TEST_F(NamedFileTest, ReadsTheFileOfThatName) {
  const std::string path = ::testing::TempDir() + "cake.recipe";
  ASSERT_TRUE(WriteFileAtomically(path, "eggs = ooo\n").ok());
  EXPECT_EQ(Parse({"--recipe", "cake"}), std::nullopt) << err_.str();
  EXPECT_EQ(eggs_, 36);
  EXPECT_EQ(options_.file(), path);
}

TEST_F(NamedFileTest, TheCommandLineBeatsTheFile) {
  ASSERT_TRUE(WriteFileAtomically(::testing::TempDir() + "cake.recipe", "eggs = ooo\n").ok());
  EXPECT_EQ(Parse({"--recipe", "cake", "--eggs", "oo"}), std::nullopt) << err_.str();
  EXPECT_EQ(eggs_, 24);
}

TEST_F(NamedFileTest, NeedsNoFile) {
  EXPECT_EQ(Parse({}), std::nullopt);
  EXPECT_EQ(eggs_, 12);
  EXPECT_EQ(options_.file(), "");
}

TEST_F(NamedFileTest, TellsWhyThereIsNoFile) {
  EXPECT_EQ(Parse({"--recipe", "none"}), kExitUsage);
  EXPECT_THAT(err_.str(), StartsWith("shoal-test: --recipe: there is no recipe called none"));
}

TEST_F(NamedFileTest, TellsWhatIsWrongWithAValueOfItsOwnForm) {
  EXPECT_EQ(Parse({"--eggs", "x"}), kExitUsage);
  EXPECT_THAT(err_.str(), StartsWith("shoal-test: --eggs: \"x\" is not written in o"));
}

TEST_F(NamedFileTest, HelpNamesTheFilesOption) {
  EXPECT_EQ(Parse({"--help"}), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("--recipe NAME\n      Cook this. [SHOAL_RECIPE]\n"));
  EXPECT_THAT(out_.str(), HasSubstr("--eggs DOZENS\n      How many eggs. Default: o. "));
  EXPECT_THAT(out_.str(), Not(HasSubstr("--config")));
}

}  // namespace
}  // namespace shoal
