/// What generated patterns and events are made of: groups of spellings that are one key or one
/// value somewhere in the language (and often look alike where they are not).
#pragma once

#include <string>
#include <vector>

namespace semper::oracle {

using Groups = std::vector<std::vector<std::string>>;

/// As between the quotes of a key.
inline const Groups kKeys = {
    {"a", "A", "\\u0061"},
    {"b", "B"},
    {"o", "O"},
    {"a.b", "A.b"},
    {"", ""},
    {".", "."},
    {"straße", "STRASSE", "stra\\u1e9Ee", "strasse"},
    {"k", "K", "\\u212a"},
    {"σ", "ς", "Σ"},
    {"ı", "ı"},
    {"i", "I"},
    // Alike but for a bit that the hash of keys does not look at.
    {"[k", "[K"},
    {"{k", "{K"},
    {"a-name-of-more-than-16-bytes", "A-Name-Of-More-Than-16-Bytes"},
    {"eightlet", "EightLet"},
    {"exists", "Exists"},
    {"prefix", "Prefix"},
    {"a\\u0000", "A\\u0000"},
    {"𐐀", "𐐨"},
    {"accountId", "ACCOUNTID"},
};

/// Decoded strings; those of one group are equal when folded, or spell one address or range.
inline const Groups kPlainStrings = {
    {"x", "X"},
    {"xy", "XY"},
    {"yx"},
    {"xyx", "xYx"},
    {""},
    {"y"},
    {"xx"},
    {"xyzxyz"},
    {"abcdef"},
    {"abcabc", "ABCabc"},
    {"a*b"},
    {"a\\b"},
    {"x\ny"},
    {"a.b"},
    {"1"},
    {"null"},
    {"é", "É"},
    {"e\u0301"},
    {"zyxwvutsrqponmlkjihg"},
};
inline const Groups kFoldedStrings = {
    {"straße", "STRASSE", "strasse", "STRAẞE"},
    {"ß", "ss", "ẞ", "SS", "sS"},
    {"σ", "ς", "Σ"},
    {"k", "K", "\u212a"},
    {"ı"},
    {"i", "I"},
    {"İ", "i\u0307"},
    {"𐐀", "𐐨"},
    {"ﬁx", "FIX", "fix"},
    {"ŉ", "\u02bcn"},
    {"\uFFFD"},
};
inline const Groups kAddresses = {
    {"10.0.0.1", "::ffff:10.0.0.1", "::ffff:a00:1", "0:0:0:0:0:FFFF:0a00:1"},
    {"10.0.0.0/8", "10.1.2.3/8", "::ffff:10.0.0.0/104", "::ffff:a00:0/104"},
    {"10.0.0.0/24", "10.0.0.7/24"},
    {"10.0.0.1/32", "::ffff:a00:1/128"},
    {"2001:db8::1", "2001:DB8:0::1", "2001:db8:0:0:0:0:0:1", "2001:0db8::0.0.0.1"},
    {"2001:db8::/32", "2001:db8:ff::/32"},
    {"::/0", "1::/0"},
    {"0.0.0.0/0", "::ffff:0:0/96", "1.2.3.4/0"},
    {"::ffff:0:0/90"},
    {"::", "0:0:0:0:0:0:0:0", "::0.0.0.0"},
    {"0.0.0.0", "::ffff:0:0"},
    {"11.0.0.1"},
    // No addresses:
    {"010.0.0.1"},
    {"10.0.0.1 "},
    {"10.0.0.0/08"},
    {"10.0.0.256"},
    {"fe80::1%1"},
};
/// Literals; those of one group are one number.
inline const Groups kNumbers = {
    {"1", "1.0", "10e-1", "0.1e1", "1E0", "1e+0", "0.01E+2"},
    {"0", "-0", "0.0", "0e7", "-0.0e-3"},
    {"2", "2.00", "20e-1"},
    {"-1", "-1.0", "-10E-1"},
    {"0.3", "3e-1", "0.30"},
    {"0.30000000000000004"},
    {"9007199254740992", "9007199254740992.0"},
    {"9007199254740993"},
    {"18446744073709551616", "1.8446744073709551616e19"},
    {"1e400", "10e399"},
    {"-1e400"},
    {"1e-400"},
    {"1e1000000"},
    {"10000000"},
};
/// In events only: beyond the limits of numbers.
inline const std::vector<std::string> kNoNumbers = {"1e9999999", "-1e9999999", "1e-9999999"};

}  // namespace semper::oracle
