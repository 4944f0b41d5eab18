// What came of the orders of a scheduling tracker. Threads: values.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_VIEWING_FIGURES_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_VIEWING_FIGURES_H_

#include <cstdint>

namespace shoal::bench {

// Of all viewers. Pieces are counted when they come.
struct ViewingFigures {
  std::uint64_t pieces_from_cdn = 0;
  std::uint64_t pieces_from_peers = 0;
  std::uint64_t pieces_late = 0;   // among those from the CDN
  std::uint64_t wrong_orders = 0;  // named somebody who does not hold the piece

  ViewingFigures& operator+=(const ViewingFigures& other) {
    pieces_from_cdn += other.pieces_from_cdn;
    pieces_from_peers += other.pieces_from_peers;
    pieces_late += other.pieces_late;
    wrong_orders += other.wrong_orders;
    return *this;
  }
  friend bool operator==(const ViewingFigures&, const ViewingFigures&) = default;
  friend ViewingFigures operator-(const ViewingFigures& a, const ViewingFigures& b) {
    return {a.pieces_from_cdn - b.pieces_from_cdn, a.pieces_from_peers - b.pieces_from_peers,
            a.pieces_late - b.pieces_late, a.wrong_orders - b.wrong_orders};
  }
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_VIEWING_FIGURES_H_
