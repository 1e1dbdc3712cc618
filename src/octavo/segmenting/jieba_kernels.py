"""Compiled loops of jieba's cutting.

Text between what is neither Chinese, Latin nor a digit is a block, and every block is cut into the
words with the largest sum of log probabilities: the words that begin at each character are looked
up (`_match`), then the best sums are found from the end (`_choose`). Where single characters are
left side by side, a hidden Markov model says which of them are a new word (`_mark`, `_mark_new`).

Memory is asked for many nodes of the trie before the first answer is needed: so looking up is a
loop by itself, which does not branch on what it finds.
"""

from __future__ import annotations

import numpy as np

from octavo._numba import compiled, inlined, prefetch

# Kinds of characters, bits.
BLOCK, HAN, LETTER, DIGIT, SPACE, POINT, PERCENT, RETURN, FEED = (1 << n for n in range(9))
CHECK, SHIFT, CHILDREN, LEVEL = range(4)  # of a node: parent, where children begin, filter, level
COLUMNS = 4
NO_WORD, SPLIT = range(2)  # levels of nodes that are no words, and that are never to be
PAIRED = 4096  # characters whose pairs have bits
MOST_TRIES = 100_000  # to place the children of a node
TOGETHER = 512  # characters looked up at a time: what is written stays in the cache
SLICE = 1 << 16  # characters of a text cut at a time, to the end of a block: bounded memory

_BEGIN, _END, _WITHIN, _SINGLE = range(4)  # the states BEMS of the model
_NONE = -np.inf


@compiled
def place_children(firsts, sizes, steps, taken, room):
    """Where the children of nodes begin, so that all of them find a place that is free.

    Args:
        firsts: the first child of each node, int64 (nodes,).
        sizes: how many children each node has.
        steps: the characters' numbers of children, int64.
        taken: which places are taken, bool (at least room + largest step + 1,), changed.
        room: children begin before this.

    Returns:
        int64 (nodes,); empty if there is too little room.
    """
    shifts = np.empty(firsts.size, np.int64)
    state = np.uint64(1)
    for node in range(firsts.size):
        children = steps[firsts[node] : firsts[node] + sizes[node]]
        free, tries = False, 0
        while not free:
            tries += 1
            if tries > MOST_TRIES:
                return shifts[:0]
            state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            shift = np.int64(state >> np.uint64(33)) % room
            free = True
            for step in children:
                if taken[shift + step]:
                    free = False
                    break
        shifts[node] = shift
        for step in children:
            taken[shift + step] = True
    return shifts


@compiled
def _match(characters, nodes, levels, pairs, thirds, twos, threes):
    """Look up the words of two and three characters that begin at each.

    Written are thirds, the node of three characters, 0 if there is none, and the log probabilities
    of the words of two and of three, -inf if they are none.
    """
    size = characters.size - 2
    waiting = np.empty(TOGETHER + 1, np.int64)  # where a word may begin
    children, parents = np.empty(TOGETHER, np.int64), np.empty(TOGETHER + 1, np.int64)
    for first in range(0, size, TOGETHER):
        last = min(first + TOGETHER, size)
        found = 0
        for i in range(first, last):
            a, b = np.int64(characters[i]), np.int64(characters[i + 1])
            bits = pairs[a & (PAIRED - 1), (b & (PAIRED - 1)) >> 5] >> np.uint32(b & 31)
            waiting[found] = i
            found += int(bits & np.uint32(1)) | int((a | b) >= PAIRED)
            thirds[i], twos[i], threes[i] = 0, _NONE, _NONE
        for place in range(found):
            at = waiting[place]
            children[place] = nodes[characters[at], SHIFT] + np.int64(characters[at + 1])
            prefetch(nodes, children[place] * COLUMNS)
        longer = 0
        for place in range(found):
            at, child = waiting[place], children[place]
            node = child * (nodes[child, CHECK] == np.int64(characters[at]))
            twos[at] = levels[nodes[node, LEVEL]]
            waiting[longer], parents[longer] = at, node
            longer += nodes[node, CHILDREN] >> np.int32(characters[at + 2] & 31) & 1
        for place in range(longer):
            at, node = waiting[place], parents[place]
            children[place] = nodes[node, SHIFT] + np.int64(characters[at + 2])
            prefetch(nodes, children[place] * COLUMNS)
        for place in range(longer):
            at, child = waiting[place], children[place]
            node = child * (nodes[child, CHECK] == parents[place])
            threes[at] = levels[nodes[node, LEVEL]]
            thirds[at] = node


@compiled
def _choose(characters, kinds, tables, thirds, twos, threes, steps):
    """The most likely words of every block, from its end; of equal ones the longest.

    thirds, twos and threes are those of `_match`; written are steps, the characters of the word
    that begins at each character, if one does.
    """
    nodes, levels = tables.nodes, tables.levels
    size = characters.size - 2
    best = np.zeros(size + 3)  # sum from a character to its block's end
    for i in range(size - 1, -1, -1):
        if not kinds[i] & BLOCK:
            best[i], steps[i] = 0.0, 1
            continue
        sum_ = tables.singles[characters[i]] + best[i + 1]
        two = twos[i] + best[i + 2]
        step = 2 if two >= sum_ else 1
        sum_ = max(sum_, two)
        node = np.int64(thirds[i])
        if node > 0:
            three = threes[i] + best[i + 3]
            if three >= sum_:
                step, sum_ = 3, three
            end = i + 3
            while True:
                child = nodes[node, SHIFT] + np.int64(characters[end])
                if nodes[child, CHECK] != node:
                    break
                node = child
                end += 1
                more = levels[nodes[node, LEVEL]] + best[end]
                if more >= sum_:
                    step, sum_ = end - i, more
        if sum_ == _NONE:
            step, sum_ = 1, tables.unknown + best[i + 1]
        best[i], steps[i] = sum_, step


@inlined
def _find(characters, first, last, nodes):
    """The node of some characters, 0 if there is none."""
    node = np.int64(characters[first])
    for i in range(first + 1, last):
        child = nodes[node, SHIFT] + np.int64(characters[i])
        if nodes[child, CHECK] != node:
            return 0
        node = child
    return node


@inlined
def _is_word(characters, first, last, tables):
    return tables.levels[tables.nodes[_find(characters, first, last, tables.nodes), LEVEL]] > _NONE


@inlined
def _is_split(characters, first, last, tables):
    nodes = tables.nodes
    return nodes[_find(characters, first, last, nodes), LEVEL] == SPLIT


@inlined
def _mark_new(characters, first, last, tables, begins):
    """Mark new words among Chinese characters: the most likely states of the model (Viterbi)."""
    start, after, emissions = tables.start, tables.transitions, tables.emissions
    known = emissions[characters[first]]
    begin, end = start[_BEGIN] + known[_BEGIN], start[_END] + known[_END]
    within, single = start[_WITHIN] + known[_WITHIN], start[_SINGLE] + known[_SINGLE]
    before = np.empty(last - first, np.uint8)  # which of two states came before each, a bit a state
    for i in range(first + 1, last):
        known = emissions[characters[i]]
        end_begin = end + after[_END, _BEGIN] + known[_BEGIN]
        single_begin = single + after[_SINGLE, _BEGIN] + known[_BEGIN]
        begin_end = begin + after[_BEGIN, _END] + known[_END]
        within_end = within + after[_WITHIN, _END] + known[_END]
        begin_within = begin + after[_BEGIN, _WITHIN] + known[_WITHIN]
        within_within = within + after[_WITHIN, _WITHIN] + known[_WITHIN]
        end_single = end + after[_END, _SINGLE] + known[_SINGLE]
        single_single = single + after[_SINGLE, _SINGLE] + known[_SINGLE]
        before[i - first] = (
            (single_begin >= end_begin) << _BEGIN
            | (within_end >= begin_end) << _END
            | (within_within >= begin_within) << _WITHIN
            | (single_single >= end_single) << _SINGLE
        )
        begin, end = max(single_begin, end_begin), max(within_end, begin_end)
        within, single = max(within_within, begin_within), max(single_single, end_single)
    state = _SINGLE if single >= end else _END
    ended = last
    for i in range(last - 1, first - 1, -1):
        if state in (_BEGIN, _SINGLE):
            begins[i] = True
            if tables.split and _is_split(characters, i, ended, tables):
                begins[i:ended] = True
            ended = i
        second = before[i - first] >> state & 1
        if state in (_BEGIN, _SINGLE):
            state = _SINGLE if second else _END
        else:
            state = _WITHIN if second else _BEGIN


@inlined
def _mark_left(characters, kinds, first, last, tables, begins):
    """Mark the words of single characters that were left: Chinese, Latin with numbers, the rest."""
    i = first
    while i < last:
        begins[i] = True
        end = i + 1
        if kinds[i] & HAN:
            while end < last and kinds[end] & HAN:
                end += 1
            if end > i + 1:
                _mark_new(characters, i, end, tables, begins)
        elif kinds[i] & LETTER:
            while end < last and kinds[end] & LETTER:
                end += 1
            if end + 1 < last and kinds[end] & POINT and kinds[end + 1] & DIGIT:
                end += 2
                while end < last and kinds[end] & DIGIT:
                    end += 1
            if end < last and kinds[end] & PERCENT:
                end += 1
        else:
            while end < last and not kinds[end] & (HAN | LETTER):
                end += 1
        i = end


@compiled
def _mark(characters, kinds, tables, steps, begins):
    """Mark where words begin; where single characters are left together, ask what they are.

    steps are those of `_choose`; begins, bool (characters,), are False before.
    """
    size = begins.size
    i = 0
    while i < size:
        begins[i] = True
        if not kinds[i] & BLOCK:
            i += 2 if kinds[i] & RETURN and kinds[i + 1] & FEED else 1
            continue
        if steps[i] > 1:
            i += steps[i]
            continue
        end = i + 1
        while kinds[end] & BLOCK and steps[end] == 1:
            end += 1
        if end > i + 1:
            if _is_word(characters, i, end, tables):
                begins[i:end] = True
            else:
                _mark_left(characters, kinds, i, end, tables, begins)
        i = end


@compiled
def cut(characters, kinds, tables):
    """Whether a word begins at a character.

    Args:
        characters: the characters' numbers, uint16 (characters + 2,), the last two 0.
        kinds: the characters' kinds, uint16 (characters + 2,), the last two 0.
        tables: the arrays of `jieba_tables.Tables`.

    Returns:
        bool (characters,).
    """
    size = characters.size - 2
    begins = np.zeros(size, np.bool_)
    first = 0
    while first < size:
        last = min(first + SLICE, size)
        while last < size and (kinds[last] & BLOCK or kinds[last - 1] & RETURN):
            last += 1
        room = last - first
        some, their_kinds = characters[first : last + 2], kinds[first : last + 2]
        thirds = np.empty(room, np.int32)
        twos, threes = np.empty(room), np.empty(room)
        _match(some, tables.nodes, tables.levels, tables.pairs, thirds, twos, threes)
        steps = np.empty(room + 2, np.int32)
        _choose(some, their_kinds, tables, thirds, twos, threes, steps)
        _mark(some, their_kinds, tables, steps, begins[first:last])
        first = last
    return begins


@compiled
def find_begins(codes, tables):
    """Whether a word begins at a character.

    Args:
        codes: the text's code points, uint32 (characters,).
        tables: the arrays of `jieba_tables.Tables`.

    Returns:
        bool (characters,).
    """
    size = codes.size
    characters, kinds = np.zeros(size + 2, np.uint16), np.zeros(size + 2, np.uint16)
    for i in range(size):
        known = tables.codes[codes[i]]
        characters[i], kinds[i] = known >> np.uint32(16), known & np.uint32(0xFFFF)
    return cut(characters, kinds, tables)
