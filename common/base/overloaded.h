// Several lambdas as one visitor for std::visit, the way std::visit's own documentation builds it.
// Threads: a value.
#ifndef SHOAL_COMMON_BASE_OVERLOADED_H_
#define SHOAL_COMMON_BASE_OVERLOADED_H_

namespace shoal {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_OVERLOADED_H_
