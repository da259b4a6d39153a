"""Texts that break tokenizers, for oracle_tokenizer.py. Bytes, since some are not UTF-8."""

_TEXTS = [
    "",
    " ",
    "   \t\r\n\v\f ",
    "\0",
    "a\0b\0",
    "hello world",
    "Hello, World! It's 3.14$ (don't) [x] {y} ~`^|<>=+",
    "Ünïcödé CAFÉ naïve Ångström ẞ ß ŒUVRE",
    "e\u0301 e\u0301\u0316 e\u0316\u0301 \u0301 \u0301a q\u0307\u0323 q\u0323\u0307",
    "İstanbul IĞDIR ıi ΑΣΟΣ ΣΑΣ ὈΔΥΣΣΕΎΣ Ǆ ǅ ŉ ﬁ ﬀ ſ K Å",
    "中文字符 漢字かな交じり カタカナ ﾊﾝｶｸ 㐀 豈 𠀀 𪜀 𫝀 𫠠 𬺰 丽 々〇",
    "한국어 각 가 ᄒ\u1161\u11ab 힣",
    "Привет МИР Ёё Йй ҐЄЇ",
    "שָׁלוֹם עולם مَرْحَبًا بالعالم \u202bRTL\u202c \u200fx\u200e",
    "नमस्ते दुनिया क्षि ไทย ภาษา བོད་ཡིག မြန်မာ",
    "👍 👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇫🇷 ☎️ 1️⃣ 🫠 🩷",
    "a\u00adb soft\u00adhyphen zero\u200bwidth\u200cjoin\u200der\ufeffbom word\u2060joiner",
    "nb\u00a0sp thin\u2009sp ideo\u3000sp line\u2028para\u2029nel\u0085x \u1680y\u180ez",
    "control \x01\x02\x7f\x80\x9f\x1b[0m end",
    "\ufffd a\ufffdb \ufffe\uffff \U0010ffff \ue000 \U000e0041",
    "…—–‘’“”«»¿¡§¶·‽⁂※〈〉「」。、！？～￥",
    "½ ² ³ ① ⅷ ٣ ৪ 𝟘 𝐀 𝓗 ℌ Ⓐ",
    "x" * 99,
    "x" * 100,
    "x" * 101,
    "é" * 100,
    "e\u0301" * 100,
    "a" * 5000,
    "un" + "aff" * 40,
    "[CLS]",
    "[SEP] [MASK]a",
    "[SEP][SEP] [PAD][UNK] [cls] [ SEP ] [MASK",
    "a[MASK]b  [MASK]  .[MASK]. [[MASK]] [MASK]\u0301",
    "[MASK]" * 30 + "tail words here",
    "NEW new_ _new new2 (new) new\u0301 newé new\u200d new  new",
    "<l>a <l>  b  <l> c  <r>  d<r> <lr>   <lr> \u00a0<lr>\u3000<l><r>",
    "Day DAY day dáy Monday today! ##day ## # aday",
    "abc abcd ab abcde xabcabcdz abcab",
    "the unaffable unaffableday 'tis n't do not can't we've you're i'm ' s .",
    "\U00011938 \U00011935\U00011930 \u1b44\u302e a\u302e\u302f\u1bf2 \U0001d165\U0001d16d\U0001d15e",
    "\u302f\x01\u1bf2 \u302f\u0334\u1bf2 \u302f\u034f\u1bf2 \u302f\u4e00\u1bf2",
    "Ꟛ Ᲊ \U00010d50 \ua7cb \u0897 \u1c80 \u10a0 \u13a0 \uab70",
    "\u0345\u0391 \u1f80 ᾈ ΐ ΰ \u0958 \u0f73 \ufb2c \u2126",
]

_ILL_FORMED = [
    b"\x80",
    b"\xbf\xbf a",
    b"a\xc0\x80b \xc1\xbf",
    b"\xc3",
    b"\xc3(",
    b"\xe2\x82",
    b"\xe2\x82(\xe2",
    b"\xe0\x80\x80 \xe0\x9f\xbf \xe0\xa0",
    b"\xed\xa0\x80 \xed\xbf\xbf \xed\xa0\xbd\xed\xb8\x80 \xed\x9f\xbf",
    b"\xf0\x9f\x98",
    b"\xf0\x9f\x98x \xf0\x8f\xbf\xbf \xf0\x80",
    b"\xf4\x90\x80\x80 \xf4\x8f\xbf\xbf \xf5\x80\x80\x80",
    b"\xf8\x88\x80\x80\x80 \xfc\x84 \xfe\xff",
    b"ok \xff[SEP]\xfe[MASK]\xc3[CLS]",
    b"\xef\xbf\xbd\xef\xbf \xef\xbb\xbfx",
    bytes(range(256)),
    bytes(range(255, -1, -1)) * 2,
]

NASTY = [text.encode() for text in _TEXTS] + _ILL_FORMED

# What random texts are put together from.
ALPHABET = (
    ["a", "B", "e", "x", "un", "aff", "able", "Day", "day", "hello", "world", "the", " ", " ", " ", "  ", "\n", "'", ".", ","]
    + ["é", "e\u0301", "\u0301", "\u0316", "\u302e", "\u1bf2", "İ", "Σ", "中", "豈", "한", "👍🏽", "\u200d", "\u00ad", "\u00a0"]
    + ["\u3000", "\u0085", "\0", "\x01", "\ufffd", "[SEP]", "[MASK]", "[CLS]", "new", "NEW", "<l>", "<r>", "<lr>", "abc", "abcd"]
    + ["_", "1", "#", "##", "[", "]", "\U0001d165", "\U0001d16d", "\u034f"]
    + [b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xf0\x9f"]
)

# Added tokens with each flag, in the vocabulary and beside it, some the beginnings of others.
TOKENS_INSIDE = [
    ("new", {"single_word": True, "normalized": True}),
    ("<l>", {"lstrip": True}),
    ("<r>", {"rstrip": True}),
    ("<lr>", {"lstrip": True, "rstrip": True, "special": True}),
    ("abc", {}),
    ("abcd", {"normalized": True}),
    ("ab", {"single_word": True}),
    ("Day", {"normalized": True, "lstrip": True}),
    ("tail words", {"normalized": True, "rstrip": True}),
    ("豈", {"normalized": True}),
    ("É!", {"normalized": True}),
    (" ", {"single_word": True, "rstrip": True}),
]
