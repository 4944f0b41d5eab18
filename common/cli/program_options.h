// The options of a program: on the command line, in the environment and in a configuration file.
//
// Every option has one name, here "--max-upload", from which the others follow:
//
//   --max-upload 8Mbit         on the command line (or --max-upload=8Mbit)
//   SHOAL_MAX_UPLOAD=8Mbit     in the environment; an empty variable counts as unset
//   max-upload = 8Mbit         as a line of the file that --config (or SHOAL_CONFIG) names
//
// The command line beats the environment, which beats the file, which beats the default. (CLI11
// itself, which does the parsing, would let the file beat the environment.) Lists are given by
// repeating the option or the line, or, in one value, separated by commas.
//
// The file: one `name = value` a line, blanks around either ignored, the value taken as it stands
// (a pair of double quotes around it is dropped); lines that are empty or begin with '#' are
// skipped. A flag's value is true or false. A name that no option has is an error. What is wrong with
// a line is told with the file and the line's number.
//
// --help, --version and --config are always there; see NameFileBy for programs whose files have
// names of their own.
//
//   ProgramOptions options("shoal-tracker", "Tells the members of a swarm of each other.");
//   options.Group("Listening");
//   options.Add("--listen", "ADDR:PORT", config.listen, "Where clients announce themselves.");
//   options.AddDuration("--stop-timeout", config.stop_timeout, "How long calls may finish.");
//   if (std::optional<int> status = options.Parse(argc, argv)) return *status;
//
// Ownership: borrows the variables given to Add…; they must outlive Parse.
// Threads:   not thread-safe. Errors: told to the user by Parse; see there.
#ifndef SHOAL_COMMON_CLI_PROGRAM_OPTIONS_H_
#define SHOAL_COMMON_CLI_PROGRAM_OPTIONS_H_

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/time/time.h"

namespace shoal {

// Exit statuses of both programs.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;  // could not start, or could not go on
inline constexpr int kExitUsage = 2;    // an option is missing, unknown or wrong

class ProgramOptions {
 public:
  // `description` tells a stranger, in a sentence or two, what the program is for.
  ProgramOptions(std::string program, std::string description);
  ProgramOptions(const ProgramOptions&) = delete;
  ProgramOptions& operator=(const ProgramOptions&) = delete;
  ~ProgramOptions();

  // The heading under which --help shows the options added from here on.
  void Group(std::string heading) { group_ = std::move(heading); }

  // Adds an option whose value is a string, a number, or a std::vector or std::optional of either.
  // `value_name` stands for the value in the help, such as "ADDR:PORT". The variable's present
  // value is the default, and shown as such unless it is empty. Returns CLI11's option for what is
  // special about it: ->required(), ->check(CLI::Range(1, 64)).
  template <class T>
  CLI::Option* Add(const std::string& name, const std::string& value_name, T& target,
                   const std::string& help) {
    CLI::Option* option = app_.add_option(name, target, help);
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
      option->capture_default_str();
    }
    return Named(option, name, value_name);
  }

  // Adds an option without a value: `--verbose` sets `target` to true, `--verbose=false` (and the
  // value of the variable or the line) to what it says.
  CLI::Option* AddFlag(const std::string& name, bool& target, const std::string& help);

  // Adds an option that takes one of the words in `choices`.
  template <class Enum>
  CLI::Option* AddChoice(const std::string& name, Enum& target,
                         const std::map<std::string, Enum>& choices, const std::string& help) {
    std::vector<std::string> words;
    std::string default_word;
    for (const auto& [word, value] : choices) {
      words.push_back(word);
      if (value == target) default_word = word;
    }
    return AddWord(name, words, default_word, help,
                   [&target, choices](const std::string& word) { target = choices.at(word); });
  }

  // Adds an option whose value has a unit; see common/base/quantity.h for how it is written.
  // An absent optional rate is no limit; the help text should say so.
  CLI::Option* AddBitRate(const std::string& name, std::optional<std::uint64_t>& bytes_per_second,
                          const std::string& help);
  CLI::Option* AddByteSize(const std::string& name, std::uint64_t& bytes, const std::string& help);
  CLI::Option* AddDuration(const std::string& name, Duration& target, const std::string& help);

  // Adds an option whose value has a form of its own, which `parse` reads. `default_text` is how
  // the variable's present value is written; empty: not shown.
  template <class T>
  CLI::Option* AddParsed(const std::string& name, const std::string& value_name, T& target,
                         absl::StatusOr<T> (*parse)(absl::string_view),
                         const std::string& default_text, const std::string& help) {
    CLI::Option* option = app_.add_option_function<std::string>(
        name, [&target, parse](const std::string& text) { target = *parse(text); }, help);
    option->default_str(default_text);
    return Named(option, name, value_name)->check([parse](const std::string& text) {
      const absl::StatusOr<T> value = parse(text);
      return value.ok() ? std::string() : std::string(value.status().message());
    });
  }

  // Has the option `name` name the file, in place of --config. `find` makes a path of what is
  // given; its error is told like that of any other option.
  CLI::Option* NameFileBy(const std::string& name, const std::string& value_name,
                          std::function<absl::StatusOr<std::string>(const std::string& given)> find,
                          const std::string& help);

  // Reads all sources and sets the variables. nullopt: go on. Otherwise the program's exit status:
  // kExitOk after --help or --version, which print to `out`; kExitUsage after one line on `err`
  // that names the option and the fault.
  [[nodiscard]] std::optional<int> Parse(int argc, const char* const* argv);
  [[nodiscard]] std::optional<int> Parse(int argc, const char* const* argv, std::ostream& out,
                                         std::ostream& err);

  // The path of the file that Parse read; empty if there was none.
  std::string file() const;

  // "SHOAL_MAX_UPLOAD" for "--max-upload".
  static std::string EnvironmentName(const std::string& option_name);

 private:
  class FileReader;

  CLI::Option* SetFileOption(const std::string& name, const std::string& help);
  CLI::Option* Named(CLI::Option* option, const std::string& name, const std::string& value_name);
  CLI::Option* AddWord(const std::string& name, const std::vector<std::string>& words,
                       const std::string& default_word, const std::string& help,
                       std::function<void(const std::string&)> assign);

  const std::string program_;
  std::string group_ = "Options";
  CLI::App app_;
  std::shared_ptr<FileReader> file_reader_;
};

}  // namespace shoal

#endif  // SHOAL_COMMON_CLI_PROGRAM_OPTIONS_H_
