#include "common/cli/program_options.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <istream>
#include <map>
#include <memory>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/quantity.h"
#include "common/cli/version.h"

namespace shoal {
namespace {

constexpr std::size_t kHelpWidth = 80;
constexpr std::size_t kHelpIndent = 6;

// Appends the words of `text` in lines of at most kHelpWidth characters, each indented.
void AppendWrapped(absl::string_view text, std::size_t indent, std::string& out) {
  std::size_t column = 0;
  for (absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    if (column != 0 && column + 1 + word.size() > kHelpWidth) {
      out += '\n';
      column = 0;
    }
    const std::size_t space = column == 0 ? indent : 1;
    out.append(space, ' ');
    column += space + word.size();
    out.append(word.data(), word.size());
  }
  out += '\n';
}

// One option in two parts: how it is written, and beneath it what it does, its default and its
// variable. CLI11's own two columns leave no room for the latter.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override {
    std::string out;
    AppendWrapped(app->get_description(), 0, out);
    return out + "\n";
  }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    return CLI::Formatter::make_usage(app, std::move(name)) + "\n";
  }

  std::string make_group(std::string heading, bool,
                         std::vector<const CLI::Option*> options) const override {
    std::string out = heading + ":\n";
    for (const CLI::Option* option : options) out += make_option(option, false);
    return out;
  }

  std::string make_option(const CLI::Option* option, bool) const override {
    std::string out = absl::StrCat("  ", option->get_name(false, true));
    if (!option->get_option_text().empty()) absl::StrAppend(&out, " ", option->get_option_text());
    out += '\n';
    std::string text = option->get_description();
    if (option->get_required()) absl::StrAppend(&text, " Required.");
    if (option->get_expected_max() > 1) absl::StrAppend(&text, " May be repeated.");
    if (!option->get_default_str().empty()) {
      absl::StrAppend(&text, " Default: ", option->get_default_str(), ".");
    }
    if (!option->get_envname().empty()) absl::StrAppend(&text, " [", option->get_envname(), "]");
    AppendWrapped(text, kHelpIndent, out);
    return out;
  }
};

// The value of an environment variable; empty if it is unset or empty, which is the same here.
std::string Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

// A validator for CLI11, which wants the fault as a string, empty if there is none.
template <class Parser>
auto CheckedBy(Parser parse) {
  return [parse](const std::string& text) {
    const auto value = parse(text);
    return value.ok() ? std::string() : std::string(value.status().message());
  };
}

}  // namespace

// Reads the configuration file in place of CLI11's reader, which takes "[::]:0" for a list and cuts
// values at '#', and leaves out what the environment says, so that the environment wins. Faults are
// kept for Parse instead of thrown.
class ProgramOptions::FileReader : public CLI::Config {
 public:
  explicit FileReader(const CLI::App& app) : app_(app) {}

  const std::string& fault() const { return fault_; }

  // What CLI11 says of an option, with the place added if its value came from the file.
  std::string Located(const std::string& fault) const {
    absl::string_view rest = fault;
    absl::ConsumePrefix(&rest, "Could not convert: ");
    if (!absl::ConsumePrefix(&rest, "--")) return fault;
    const absl::string_view name = rest.substr(0, rest.find_first_of(": ="));
    const auto place = places_.find(std::string(name));
    if (place == places_.end()) return fault;
    const absl::string_view problem = rest.substr(name.size());
    return absl::StrCat(place->second, ": ", name, problem.front() == ':' ? "" : ":", problem);
  }

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::vector<CLI::ConfigItem> lines;
    const std::string file = app_.get_config_ptr()->as<std::string>();
    std::string line;
    for (int number = 1; std::getline(input, line); ++number) {
      const absl::string_view text = absl::StripAsciiWhitespace(line);
      if (text.empty() || text.front() == '#') continue;
      const std::string place = absl::StrCat(file, ": line ", number);
      if (!AddLine(text, place, lines) && fault_.empty()) {
        fault_ = absl::StrCat(place, ": ", problem_);
      }
    }
    return lines;
  }

  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return ""; }

 private:
  bool AddLine(absl::string_view text, const std::string& place,
               std::vector<CLI::ConfigItem>& lines) const {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(text, absl::MaxSplits('=', 1));
    const std::string name(absl::StripAsciiWhitespace(parts.first));
    absl::string_view value = absl::StripAsciiWhitespace(parts.second);
    const CLI::Option* option = app_.get_option_no_throw("--" + name);
    if (parts.first.size() == text.size()) {
      problem_ = absl::StrCat("not of the form name = value: ", text.substr(0, 60));
      return false;
    }
    if (option == nullptr || !option->get_configurable()) {
      problem_ = absl::StrCat("there is no option called ", name.substr(0, 60));
      return false;
    }
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (!Environment(EnvironmentName("--" + name)).empty()) return true;
    // What the command line says beats the file; a fault is then not the file's.
    if (option->empty()) places_[name] = place;
    for (CLI::ConfigItem& item : lines) {
      if (item.name != name) continue;
      item.inputs.emplace_back(value);
      return true;
    }
    lines.emplace_back();
    lines.back().name = name;
    lines.back().inputs.emplace_back(value);
    return true;
  }

  const CLI::App& app_;
  // from_config is const in CLI11's interface, though reading may well find a fault.
  mutable std::string fault_;
  mutable std::string problem_;
  mutable std::map<std::string, std::string> places_;  // where each option was last set
};

ProgramOptions::ProgramOptions(std::string program, std::string description)
    : program_(std::move(program)),
      app_(std::move(description), program_),
      file_reader_(std::make_shared<FileReader>(app_)) {
  app_.formatter(std::make_shared<HelpFormatter>());
  app_.config_formatter(file_reader_);
  app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  app_.set_help_flag("--help,-h", "Print this help and exit.")->group("General");
  app_.set_version_flag("--version", absl::StrCat(program_, " ", Version()),
                        "Print the version and exit.")
      ->group("General");
  SetFileOption("--config", "Read further options from this file, one `name = value` a line.")
      ->group("General")
      ->option_text("FILE");
}

ProgramOptions::~ProgramOptions() = default;

CLI::Option* ProgramOptions::SetFileOption(const std::string& name, const std::string& help) {
  // Not through CLI11's environment: it looks for the file before it reads the environment.
  const std::string variable = EnvironmentName(name);
  const std::string file = Environment(variable);
  return app_.set_config(name, file, absl::StrCat(help, " [", variable, "]"), !file.empty())
      ->configurable(false);
}

CLI::Option* ProgramOptions::NameFileBy(
    const std::string& name, const std::string& value_name,
    std::function<absl::StatusOr<std::string>(const std::string& given)> find,
    const std::string& help) {
  CLI::Option* option = SetFileOption(name, help)->group(group_)->option_text(value_name);
  return option->transform(CLI::Validator(
      [find = std::move(find)](std::string& given) {
        const absl::StatusOr<std::string> path = find(given);
        if (!path.ok()) return std::string(path.status().message());
        given = *path;
        return std::string();
      },
      ""));
}

std::string ProgramOptions::file() const {
  const CLI::Option* option = app_.get_config_ptr();
  return option->empty() ? "" : option->as<std::string>();
}

std::string ProgramOptions::EnvironmentName(const std::string& option_name) {
  const absl::string_view bare = absl::string_view(option_name).substr(2);
  return absl::StrCat("SHOAL_", absl::AsciiStrToUpper(absl::StrReplaceAll(bare, {{"-", "_"}})));
}

CLI::Option* ProgramOptions::Named(CLI::Option* option, const std::string& name,
                                   const std::string& value_name) {
  option->group(group_)->envname(EnvironmentName(name))->option_text(value_name);
  // One value for each time an option is given, so that a list never swallows what follows it.
  if (option->get_expected_max() > 1) option->allow_extra_args(false)->delimiter(',');
  return option;
}

CLI::Option* ProgramOptions::AddFlag(const std::string& name, bool& target,
                                     const std::string& help) {
  return Named(app_.add_flag(name, target, help), name, "");
}

CLI::Option* ProgramOptions::AddWord(const std::string& name, const std::vector<std::string>& words,
                                     const std::string& default_word, const std::string& help,
                                     std::function<void(const std::string&)> assign) {
  CLI::Option* option = app_.add_option_function<std::string>(name, std::move(assign), help);
  option->default_str(default_word);
  Named(option, name, CLI::detail::join(words, "|"));
  return option->check([words](const std::string& word) {
    if (std::find(words.begin(), words.end(), word) != words.end()) return std::string();
    return absl::StrCat("\"", word.substr(0, 60), "\" is none of ", CLI::detail::join(words, ", "));
  });
}

CLI::Option* ProgramOptions::AddBitRate(const std::string& name,
                                        std::optional<std::uint64_t>& bytes_per_second,
                                        const std::string& help) {
  CLI::Option* option = app_.add_option_function<std::string>(
      name, [&](const std::string& text) { bytes_per_second = *ParseBitRate(text); }, help);
  if (bytes_per_second) option->default_str(FormatBitRate(*bytes_per_second));
  return Named(option, name, "RATE")->check(CheckedBy(ParseBitRate));
}

CLI::Option* ProgramOptions::AddByteSize(const std::string& name, std::uint64_t& bytes,
                                         const std::string& help) {
  CLI::Option* option = app_.add_option_function<std::string>(
      name, [&bytes](const std::string& text) { bytes = *ParseByteSize(text); }, help);
  option->default_str(FormatByteSize(bytes));
  return Named(option, name, "SIZE")->check(CheckedBy(ParseByteSize));
}

CLI::Option* ProgramOptions::AddDuration(const std::string& name, Duration& target,
                                         const std::string& help) {
  CLI::Option* option = app_.add_option_function<std::string>(
      name, [&target](const std::string& text) { target = *ParseDuration(text); }, help);
  option->default_str(FormatDuration(target));
  return Named(option, name, "TIME")->check(CheckedBy(ParseDuration));
}

std::optional<int> ProgramOptions::Parse(int argc, const char* const* argv) {
  return Parse(argc, argv, std::cout, std::cerr);
}

std::optional<int> ProgramOptions::Parse(int argc, const char* const* argv, std::ostream& out,
                                         std::ostream& err) {
  std::string fault;
  try {  // CLI11 reports by exceptions; they end here.
    app_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    out << app_.help();
    return kExitOk;
  } catch (const CLI::CallForVersion& version) {
    out << version.what() << "\n";
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    fault = file_reader_->Located(error.what());
  }
  if (!file_reader_->fault().empty()) fault = file_reader_->fault();
  if (fault.empty()) return std::nullopt;
  err << program_ << ": " << absl::StrReplaceAll(fault, {{"\n", " "}}) << " (see " << program_
      << " --help)\n";
  return kExitUsage;
}

}  // namespace shoal
