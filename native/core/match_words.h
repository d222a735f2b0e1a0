// match_words(): which of the 32-bit words of a cache line, or half of one, are a given word. The one comparison that
// both hashes of the core (HandleTable, HolderSpill) are built on.
#ifndef MEMTRACK_CORE_MATCH_WORDS_H_
#define MEMTRACK_CORE_MATCH_WORDS_H_

#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace memtrack {

// Bit i: words[i] == word, for the 8 words from `words` on. REQUIRES: 16-byte alignment.
inline unsigned match_words(const uint32_t* words, uint32_t word) {
#if defined(__SSE2__)
  const __m128i wanted = _mm_set1_epi32(static_cast<int>(word));
  const auto* quads = reinterpret_cast<const __m128i*>(words);
  const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(quads), wanted);
  const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(quads + 1), wanted);
  const __m128i both = _mm_packs_epi32(low, high);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(both, _mm_setzero_si128())));
#else
  unsigned bits = 0;
  for (unsigned i = 0; i < 8; i++) bits |= static_cast<unsigned>(words[i] == word) << i;
  return bits;
#endif
}

}  // namespace memtrack

#endif  // MEMTRACK_CORE_MATCH_WORDS_H_
