#include "common/cli/program_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/atomic_file.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

enum class Mode { kSlow, kFast };

// A program with one option of every kind.
class ProgramOptionsTest : public ::testing::Test {
 protected:
  ProgramOptionsTest()
      : options_("shoal-test",
                 "Tests the options. This sentence makes the description longer than one line of a "
                 "terminal.") {
    options_.Group("Listening");
    options_.Add("--listen", "ADDR:PORT", listen_, "Where to listen.");
    options_.Group("Tuning");
    options_.Add("--workers", "N", workers_, "How many workers.")->check(CLI::Range(1, 64));
    options_.Add("--trusted-proxy", "CIDR", proxies_, "Whom to trust.");
    options_.Add("--name", "NAME", name_, "Its name.");
    options_.AddFlag("--share-private", share_, "Share it.");
    options_.AddChoice<Mode>("--mode", mode_, {{"slow", Mode::kSlow}, {"fast", Mode::kFast}},
                             "How fast.");
    options_.AddBitRate("--max-upload", max_upload_, "Upload at most this.");
    options_.AddByteSize("--cache-bytes", cache_bytes_, "Hold at most this.");
    options_.AddDuration("--stop-timeout", stop_timeout_, "Wait at most this.");
  }

  ~ProgramOptionsTest() override {
    for (const std::string& name : variables_) unsetenv(name.c_str());
  }

  void SetVariable(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    variables_.push_back(name);
  }

  std::string WriteFile(const std::string& contents) {
    const std::string path = ::testing::TempDir() + "program_options_test.conf";
    EXPECT_TRUE(WriteFileAtomically(path, contents).ok());
    return path;
  }

  std::optional<int> Parse(std::initializer_list<std::string> arguments) {
    std::vector<const char*> argv = {"shoal-test"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    return options_.Parse(static_cast<int>(argv.size()), argv.data(), out_, err_);
  }

  std::string listen_ = "127.0.0.1:8080";
  int workers_ = 2;
  std::vector<std::string> proxies_;
  std::optional<std::string> name_;
  bool share_ = false;
  Mode mode_ = Mode::kSlow;
  std::optional<std::uint64_t> max_upload_;
  std::uint64_t cache_bytes_ = 20u << 20;
  Duration stop_timeout_ = Milliseconds(500);
  std::ostringstream out_;
  std::ostringstream err_;
  std::vector<std::string> variables_;
  ProgramOptions options_;
};

TEST_F(ProgramOptionsTest, DefaultsStand) {
  EXPECT_EQ(Parse({}), std::nullopt);
  EXPECT_EQ(listen_, "127.0.0.1:8080");
  EXPECT_EQ(name_, std::nullopt);
  EXPECT_EQ(max_upload_, std::nullopt);
  EXPECT_EQ(cache_bytes_, 20u << 20);
}

TEST_F(ProgramOptionsTest, ReadsTheCommandLine) {
  EXPECT_EQ(
      Parse({"--listen", "[::]:0", "--workers=3", "--trusted-proxy", "10.0.0.0/8",
             "--trusted-proxy", "[::1],::2", "--name", "n", "--share-private", "--mode", "fast",
             "--max-upload", "8Mbit", "--cache-bytes", "1MiB", "--stop-timeout", "2s"}),
      std::nullopt)
      << err_.str();
  EXPECT_EQ(listen_, "[::]:0");
  EXPECT_EQ(workers_, 3);
  EXPECT_THAT(proxies_, ElementsAre("10.0.0.0/8", "[::1]", "::2"));
  EXPECT_EQ(name_, "n");
  EXPECT_TRUE(share_);
  EXPECT_EQ(mode_, Mode::kFast);
  EXPECT_EQ(max_upload_, 1'000'000u);
  EXPECT_EQ(cache_bytes_, 1u << 20);
  EXPECT_EQ(stop_timeout_, Seconds(2));
}

TEST_F(ProgramOptionsTest, ReadsTheEnvironment) {
  SetVariable("SHOAL_LISTEN", "[::]:1");
  SetVariable("SHOAL_TRUSTED_PROXY", "a,b");
  SetVariable("SHOAL_SHARE_PRIVATE", "true");
  SetVariable("SHOAL_MAX_UPLOAD", "0");
  EXPECT_EQ(Parse({}), std::nullopt) << err_.str();
  EXPECT_EQ(listen_, "[::]:1");
  EXPECT_THAT(proxies_, ElementsAre("a", "b"));
  EXPECT_TRUE(share_);
  EXPECT_EQ(max_upload_, 0u);
}

TEST_F(ProgramOptionsTest, EmptyVariablesCountAsUnset) {
  SetVariable("SHOAL_LISTEN", "");
  SetVariable("SHOAL_WORKERS", "");
  const std::string path = WriteFile("workers = 9\n");
  EXPECT_EQ(Parse({"--config", path}), std::nullopt) << err_.str();
  EXPECT_EQ(listen_, "127.0.0.1:8080");
  EXPECT_EQ(workers_, 9);
}

TEST_F(ProgramOptionsTest, ReadsTheFileAsItStands) {
  const std::string path = WriteFile(
      "# a comment\n"
      "\n"
      "listen = [::]:7\n"
      "  name=\"a # b, c\"  \n"
      "share-private = true\n"
      "trusted-proxy = 10.0.0.0/8\n"
      "trusted-proxy = ::1,::2\n"
      "mode = fast\n"
      "max-upload = 1.5Mbit/s\n");
  EXPECT_EQ(Parse({"--config", path}), std::nullopt) << err_.str();
  EXPECT_EQ(listen_, "[::]:7");
  EXPECT_EQ(name_, "a # b, c");
  EXPECT_TRUE(share_);
  EXPECT_THAT(proxies_, ElementsAre("10.0.0.0/8", "::1", "::2"));
  EXPECT_EQ(mode_, Mode::kFast);
  EXPECT_EQ(max_upload_, 187'500u);
}

TEST_F(ProgramOptionsTest, TheCommandLineBeatsTheEnvironmentWhichBeatsTheFile) {
  SetVariable("SHOAL_LISTEN", "environment:1");
  SetVariable("SHOAL_WORKERS", "5");
  SetVariable("SHOAL_TRUSTED_PROXY", "environment");
  const std::string path = WriteFile(
      "listen = file:1\nworkers = 6\nname = file\ntrusted-proxy = file\nshare-private = true\n");
  EXPECT_EQ(Parse({"--config", path, "--listen", "line:1", "--share-private=false"}), std::nullopt)
      << err_.str();
  EXPECT_EQ(listen_, "line:1");
  EXPECT_EQ(workers_, 5);
  EXPECT_THAT(proxies_, ElementsAre("environment"));
  EXPECT_EQ(name_, "file");
  EXPECT_FALSE(share_);
}

TEST_F(ProgramOptionsTest, TellsTheLineOfAnUnknownName) {
  const std::string path = WriteFile("listen = a:1\n\nlisten-on = b:1\n");
  EXPECT_EQ(Parse({"--config", path}), kExitUsage);
  EXPECT_EQ(err_.str(),
            "shoal-test: " + path +
                ": line 3: there is no option called listen-on (see shoal-test --help)\n");
}

TEST_F(ProgramOptionsTest, RefusesALineWithoutAValue) {
  const std::string path = WriteFile("share-private\n");
  EXPECT_EQ(Parse({"--config", path}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("line 1: not of the form name = value: share-private"));
}

TEST_F(ProgramOptionsTest, TheFileCannotNameAnotherFile) {
  EXPECT_EQ(Parse({"--config", WriteFile("config = other\n")}), kExitUsage);
}

TEST_F(ProgramOptionsTest, RefusesAFileThatIsNotThere) {
  EXPECT_EQ(Parse({"--config", "/nowhere/shoal.conf"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("/nowhere/shoal.conf"));
}

TEST_F(ProgramOptionsTest, ChecksValuesOfEverySource) {
  SetVariable("SHOAL_MAX_UPLOAD", "8Mb");
  EXPECT_EQ(Parse({}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--max-upload: \"8Mb\" is not a bit rate"));
}

TEST_F(ProgramOptionsTest, ChecksValuesOfTheFile) {
  const std::string path = WriteFile("workers = 3\nmode = faster\n");
  EXPECT_EQ(Parse({"--config", path}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr(path + ": line 2: mode: \"faster\" is none of fast, slow"));
}

TEST_F(ProgramOptionsTest, TellsTheLineOfWhatIsNoNumber) {
  const std::string path = WriteFile("\nworkers = many\n");
  EXPECT_EQ(Parse({"--config", path}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr(path + ": line 2: workers: "));
}

TEST_F(ProgramOptionsTest, DoesNotBlameTheFileForTheCommandLine) {
  const std::string path = WriteFile("workers = 3\n");
  EXPECT_EQ(Parse({"--config", path, "--workers", "65"}), kExitUsage);
  EXPECT_THAT(err_.str(), StartsWith("shoal-test: --workers: "));
}

TEST_F(ProgramOptionsTest, FaultsAreOneLine) {
  for (auto argument : {"--nonsense", "--workers=65", "--workers=x", "--cache-bytes=-1", "stray",
                        "--listen", "--stop-timeout=5"}) {
    ProgramOptionsTest::err_.str("");
    EXPECT_EQ(Parse({argument}), kExitUsage) << argument;
    const std::string text = err_.str();
    EXPECT_THAT(text, StartsWith("shoal-test: ")) << argument;
    EXPECT_EQ(text.find('\n'), text.size() - 1) << argument;
  }
}

TEST_F(ProgramOptionsTest, HelpExplainsEveryOption) {
  EXPECT_EQ(Parse({"--help"}), kExitOk);
  const std::string help = out_.str();
  EXPECT_THAT(help, HasSubstr("Tests the options."));
  EXPECT_THAT(help, HasSubstr("Listening:\n"
                              "  --listen ADDR:PORT\n"
                              "      Where to listen. Default: 127.0.0.1:8080. [SHOAL_LISTEN]\n"));
  EXPECT_THAT(help,
              HasSubstr("--workers N\n      How many workers. Default: 2. [SHOAL_WORKERS]\n"));
  EXPECT_THAT(help, Not(HasSubstr("\n\n\n")));
  EXPECT_THAT(help, HasSubstr("--cache-bytes SIZE\n"
                              "      Hold at most this. Default: 20MiB. [SHOAL_CACHE_BYTES]\n"));
  EXPECT_THAT(help, HasSubstr("--mode fast|slow\n      How fast. Default: slow. [SHOAL_MODE]\n"));
  EXPECT_THAT(help,
              HasSubstr("--max-upload RATE\n      Upload at most this. [SHOAL_MAX_UPLOAD]\n"));
  EXPECT_THAT(help, HasSubstr("--trusted-proxy CIDR\n      Whom to trust. May be repeated. "));
  EXPECT_THAT(help, HasSubstr("--config FILE\n"));
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ProgramOptionsTest, HelpFitsATerminal) {
  EXPECT_EQ(Parse({"--help"}), kExitOk);
  std::istringstream lines(out_.str());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST_F(ProgramOptionsTest, PrintsTheVersion) {
  EXPECT_EQ(Parse({"--version"}), kExitOk);
  EXPECT_THAT(out_.str(), ::testing::MatchesRegex("shoal-test [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(ProgramOptionsConfigTest, TheEnvironmentNamesTheFile) {
  const std::string path = ::testing::TempDir() + "from_environment.conf";
  ASSERT_TRUE(WriteFileAtomically(path, "workers = 4\n").ok());
  setenv("SHOAL_CONFIG", path.c_str(), 1);
  int workers = 1;
  ProgramOptions options("shoal-test", "Tests the options.");
  options.Add("--workers", "N", workers, "How many workers.");
  const char* argv[] = {"shoal-test"};
  std::ostringstream out, err;
  EXPECT_EQ(options.Parse(1, argv, out, err), std::nullopt) << err.str();
  unsetenv("SHOAL_CONFIG");
  EXPECT_EQ(workers, 4);
}

TEST(ProgramOptionsConfigTest, AFileNamedByTheEnvironmentMustBeThere) {
  setenv("SHOAL_CONFIG", "/nowhere/shoal.conf", 1);
  ProgramOptions options("shoal-test", "Tests the options.");
  const char* argv[] = {"shoal-test"};
  std::ostringstream out, err;
  EXPECT_EQ(options.Parse(1, argv, out, err), kExitUsage);
  unsetenv("SHOAL_CONFIG");
  EXPECT_THAT(err.str(), HasSubstr("/nowhere/shoal.conf"));
}

}  // namespace
}  // namespace shoal
