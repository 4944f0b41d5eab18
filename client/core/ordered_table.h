// A table of a few dozen values by key, iterated in the order of keys: what std::map is, in the
// part of its interface that the core uses, with all keys side by side in memory. To find a value
// costs two or three cache misses instead of one for every level of a tree, and most lookups of the
// core are in tables that nobody touched for milliseconds.
//
// Values stay where they are until they are erased. Insertion and erasure move the keys behind:
// cheap at the end, and for small tables.
//
// Threads: not thread-safe. Iterators end with the next insertion or erasure.
#ifndef SHOAL_CLIENT_CORE_ORDERED_TABLE_H_
#define SHOAL_CLIENT_CORE_ORDERED_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace shoal::core {

template <typename Key, typename Value>
class OrderedTable {
 public:
  using value_type = std::pair<const Key, Value>;

 private:
  struct Slot {
    Key key;
    std::unique_ptr<value_type> entry;
  };
  using Slots = std::vector<Slot>;

 public:
  // Constant or not, as `SlotPointer` says.
  template <typename Entry, typename SlotPointer>
  class Iterator {
   public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = OrderedTable::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = Entry*;
    using reference = Entry&;

    Iterator() = default;
    explicit Iterator(SlotPointer slot) : slot_(slot) {}
    // From one that allows changes.
    template <typename OtherEntry, typename OtherPointer,
              typename = std::enable_if_t<std::is_convertible_v<OtherPointer, SlotPointer>>>
    Iterator(const Iterator<OtherEntry, OtherPointer>& other) : slot_(other.slot()) {}  // NOLINT

    reference operator*() const { return *slot_->entry; }
    pointer operator->() const { return slot_->entry.get(); }
    Iterator& operator++() {
      ++slot_;
      return *this;
    }
    Iterator& operator--() {
      --slot_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(slot_++); }
    Iterator operator--(int) { return Iterator(slot_--); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.slot_ == b.slot_; }
    SlotPointer slot() const { return slot_; }

   private:
    SlotPointer slot_ = nullptr;
  };
  using iterator = Iterator<value_type, Slot*>;
  using const_iterator = Iterator<const value_type, const Slot*>;

  iterator begin() { return iterator(slots_.data()); }
  iterator end() { return iterator(slots_.data() + slots_.size()); }
  const_iterator begin() const { return const_iterator(slots_.data()); }
  const_iterator end() const { return const_iterator(slots_.data() + slots_.size()); }
  std::size_t size() const { return slots_.size(); }
  bool empty() const { return slots_.empty(); }
  void clear() { slots_.clear(); }

  // The one that so many lie before. REQUIRES: place < size().
  Value& ValueAt(std::size_t place) { return slots_[place].entry->second; }

  // The same, if it has this key; else nullptr. For keys whose place is as good as known.
  Value* Probe(std::size_t place, const Key& key) {
    return Has(place, key) ? &slots_[place].entry->second : nullptr;
  }
  const Value* Probe(std::size_t place, const Key& key) const {
    return Has(place, key) ? &slots_[place].entry->second : nullptr;
  }
  // REQUIRES: place < size().
  const Key& KeyAt(std::size_t place) const { return slots_[place].key; }

  // The first whose key is not less.
  iterator lower_bound(const Key& key) { return iterator(slots_.data() + Place(key)); }
  const_iterator lower_bound(const Key& key) const {
    return const_iterator(slots_.data() + Place(key));
  }
  iterator find(const Key& key) {
    const std::size_t place = Place(key);
    return Has(place, key) ? iterator(slots_.data() + place) : end();
  }
  const_iterator find(const Key& key) const {
    const std::size_t place = Place(key);
    return Has(place, key) ? const_iterator(slots_.data() + place) : end();
  }

  // Makes a value of `args` unless there is one already. Returns where it is, and whether it is new.
  template <typename... Args>
  std::pair<iterator, bool> try_emplace(const Key& key, Args&&... args) {
    const std::size_t place = Place(key);
    if (Has(place, key)) return {iterator(slots_.data() + place), false};
    auto entry = std::make_unique<value_type>(std::piecewise_construct, std::forward_as_tuple(key),
                                              std::forward_as_tuple(std::forward<Args>(args)...));
    slots_.insert(slots_.begin() + static_cast<std::ptrdiff_t>(place), Slot{key, std::move(entry)});
    return {iterator(slots_.data() + place), true};
  }
  Value& operator[](const Key& key) { return try_emplace(key).first->second; }

  // Returns where the one behind it is now.
  iterator erase(const_iterator it) {
    const std::ptrdiff_t place = it.slot() - slots_.data();
    slots_.erase(slots_.begin() + place);
    return iterator(slots_.data() + place);
  }

 private:
  // Index of the first slot whose key is not less.
  std::size_t Place(const Key& key) const {
    const auto it = std::lower_bound(slots_.begin(), slots_.end(), key,
                                     [](const Slot& slot, const Key& k) { return slot.key < k; });
    return static_cast<std::size_t>(it - slots_.begin());
  }
  bool Has(std::size_t place, const Key& key) const {
    return place < slots_.size() && slots_[place].key == key;
  }

  Slots slots_;  // ordered
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_ORDERED_TABLE_H_
