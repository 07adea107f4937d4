/*
 * Requests that are right, and at least one for each way to be wrong that the strict table names.
 */
#ifndef LINLI_HTTP_SAMPLES_H
#define LINLI_HTTP_SAMPLES_H

#include "base/base.h"

#define HOST "Host: linli.example\r\n"
#define FINE 0 /* a whole request */
#define MORE 1 /* no verdict yet */

struct sample {
    const char *what;
    struct text bytes;
    int status;          /* FINE, MORE, or of the fault */
    const char *refuses; /* the beginning of the rule's words; NULL: any */
};

/* clang-format off */
#define BYTES(literal) {literal, sizeof(literal) - 1}
#define GET_WITH(header) BYTES("GET / HTTP/1.1\r\n" HOST header "\r\n\r\n")
#define POST_WITH(headers, body) BYTES("POST /x HTTP/1.1\r\n" HOST headers "\r\n\r\n" body)
#define CHUNKS(body) POST_WITH("Transfer-Encoding: chunked", body)
#define TARGET(target) BYTES("GET " target " HTTP/1.1\r\n" HOST "\r\n")
#define LINE(line) BYTES(line "\r\n" HOST "\r\n")

static const struct sample samples[] = {
    /* what is right */
    {"plain", LINE("GET / HTTP/1.1"), FINE, NULL},
    {"query", TARGET("/v1/units?after=7&x=%2F"), FINE, NULL},
    {"all methods: put", LINE("PUT / HTTP/1.1"), FINE, NULL},
    {"all methods: delete", LINE("DELETE / HTTP/1.1"), FINE, NULL},
    {"asterisk", LINE("OPTIONS * HTTP/1.1"), FINE, NULL},
    {"absolute", TARGET("http://linli.example/x?y"), FINE, NULL},
    {"absolute, other case", TARGET("HTTPS://LINLI.example"), FINE, NULL},
    {"old without Host", BYTES("GET /livez HTTP/1.0\r\n\r\n"), FINE, NULL},
    {"an empty line before", BYTES("\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), FINE, NULL},
    {"port", BYTES("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"), FINE, NULL},
    {"IPv6", BYTES("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"), FINE, NULL},
    {"IPv6 without port", BYTES("GET / HTTP/1.1\r\nHost: [::ffff:1.2.3.4]\r\n\r\n"), FINE, NULL},
    {"white space around a value", GET_WITH("X: \t a b \t"), FINE, NULL},
    {"empty value", GET_WITH("X:"), FINE, NULL},
    {"UTF-8 in a value", GET_WITH("X: \xe9\x82\xbb\xe9\x87\x8c"), FINE, NULL},
    {"length", POST_WITH("Content-Length: 3", "abc"), FINE, NULL},
    {"length with zeros", POST_WITH("Content-Length: 003", "abc"), FINE, NULL},
    {"length nought", POST_WITH("Content-Length: 0", ""), FINE, NULL},
    {"GET with length nought", GET_WITH("Content-Length: 0"), FINE, NULL},
    {"body is short", POST_WITH("Content-Length: 4", "abc"), MORE, NULL},
    {"chunks", CHUNKS("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), FINE, NULL},
    {"chunks, hex", CHUNKS("A\r\n0123456789\r\n00a\r\n0123456789\r\n000\r\n\r\n"), FINE, NULL},
    {"chunked in other case", POST_WITH("TRANSFER-ENCODING: \tChunked ", "0\r\n\r\n"), FINE, NULL},
    {"chunks are short", CHUNKS("3\r\nabc\r\n0\r\n"), MORE, NULL},
    {"continue", POST_WITH("Expect: 100-Continue\r\nContent-Length: 1", "x"), FINE, NULL},
    {"a body that looks like a request", POST_WITH("Content-Length: 18", "GET / HTTP/1.1\r\n\r\n"), FINE, NULL},

    /* the request line */
    {"TLS", BYTES("\x16\x03\x01\x02"), 400, "a first byte"},
    {"space first", LINE(" GET / HTTP/1.1"), 400, "a first byte"},
    {"bare LF", BYTES("GET / HTTP/1.1\n" HOST "\n"), 400, "a line that does not end"},
    {"bare LF before", BYTES("\nGET / HTTP/1.1\r\n" HOST "\r\n"), 400, "a line that does not end"},
    {"bare CR", LINE("GET /\r HTTP/1.1"), 400, "a CR inside"},
    {"CR CR LF", LINE("GET / HTTP/1.1\r"), 400, "a CR inside"},
    {"two empty lines before", BYTES("\r\n\r\nGET / HTTP/1.1\r\n"), 400, "a request line that is not"},
    {"0.9 without version", LINE("GET /"), 400, "a request line that is not"},
    {"only a method", LINE("GET"), 400, "a request line that is not"},
    {"two spaces", LINE("GET  / HTTP/1.1"), 400, "a request line that is not"},
    {"space at the end", LINE("GET / HTTP/1.1 "), 400, "a request line that is not"},
    {"space in the target", LINE("GET /a b HTTP/1.1"), 400, "a request line that is not"},
    {"tab for space", LINE("GET\t/ HTTP/1.1"), 400, "a request line that is not"},
    {"empty target", LINE("GET  HTTP/1.1"), 400, "a request line that is not"},
    {"lower-case version", LINE("GET / http/1.1"), 400, "a version that is not HTTP"},
    {"RTSP", LINE("DESCRIBE / RTSP/1.0"), 400, "a version that is not HTTP"},
    {"ICE", LINE("SOURCE / ICE/1.0"), 400, "a version that is not HTTP"},
    {"version of three digits", LINE("GET / HTTP/1.10"), 400, "a version that is not HTTP"},
    {"version without point", LINE("GET / HTTP/11"), 400, "a version that is not HTTP"},
    {"0.9", LINE("GET / HTTP/0.9"), 505, "a version that is not 1.1"},
    {"1.2", LINE("GET / HTTP/1.2"), 505, "a version that is not 1.1"},
    {"2.0", LINE("GET / HTTP/2.0"), 505, "a version that is not 1.1"},
    {"the preface of HTTP/2", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505, "a version that is not 1.1"},
    {"no token", LINE("GE(T / HTTP/1.1"), 400, "a method that is no token"},
    {"CONNECT", LINE("CONNECT linli.example:443 HTTP/1.1"), 501, "a method other"},
    {"TRACE", LINE("TRACE / HTTP/1.1"), 501, "a method other"},
    {"RTSP's method", LINE("DESCRIBE / HTTP/1.1"), 501, "a method other"},
    {"lower case", LINE("get / HTTP/1.1"), 501, "a method other"},
    {"longer", LINE("GETS / HTTP/1.1"), 501, "a method other"},
    {"fragment", TARGET("/#a"), 400, "a fragment"},
    {"control", TARGET("/\x01"), 400, "control, non-ASCII"},
    {"NUL", TARGET("/\0a"), 400, "control, non-ASCII"},
    {"tab", TARGET("/\t"), 400, "control, non-ASCII"},
    {"DEL", TARGET("/\x7f"), 400, "control, non-ASCII"},
    {"non-ASCII", TARGET("/\xe9\x82\xbb"), 400, "control, non-ASCII"},
    {"quote", TARGET("/\""), 400, "control, non-ASCII"},
    {"backslash", TARGET("/..\\x"), 400, "control, non-ASCII"},
    {"percent at the end", TARGET("/%"), 400, "a % without"},
    {"percent and one digit", TARGET("/%2"), 400, "a % without"},
    {"percent and no hex", TARGET("/%2g"), 400, "a % without"},
    {"percent NUL", TARGET("/%00"), 400, "a % without"},
    {"asterisk of GET", TARGET("*"), 400, "a target that is neither"},
    {"authority form", TARGET("linli.example:80"), 400, "a target that is neither"},
    {"relative", TARGET("x/y"), 400, "a target that is neither"},
    {"other scheme", TARGET("ftp://linli.example/"), 400, "a target that is neither"},
    {"scheme only", TARGET("http://"), 400, "a target that is neither"},
    {"too long", LINE("GET /0123456789012345678901234567890123456789012345678901234567890123456789 HTTP/1.1"), 414, "a request line longer"},
    {"too long and endless", BYTES("GET /012345678901234567890123456789012345678901234567890123456789012345678901234567890"), 414, "a request line longer"},

    /* header lines */
    {"too many bytes", GET_WITH("X: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"), 431, "headers longer"},
    {"too many", GET_WITH("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\nH: 1"), 431, "more headers"},
    {"too many and too long", GET_WITH("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\nH: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"), 431, "more headers"},
    {"just enough", GET_WITH("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1"), FINE, NULL},
    {"bare LF after a header", BYTES("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"), 400, "a line that does not end"},
    {"bare LF at the end", BYTES("GET / HTTP/1.1\r\n" HOST "\n"), 400, "a line that does not end"},
    {"bare CR for a line end", BYTES("GET / HTTP/1.1\r\nHost: a\rTransfer-Encoding: chunked\r\n\r\n"), 400, "a CR inside"},
    {"CR CR LF after a header", GET_WITH("X: a\r"), 400, "a CR inside"},
    {"CR CR LF at the end", BYTES("GET / HTTP/1.1\r\n" HOST "\r\r\n"), 400, "a CR inside"},
    {"space before the first", BYTES("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400, "white space before the first"},
    {"tab before the first", BYTES("GET / HTTP/1.1\r\n\tX: b\r\nHost: a\r\n\r\n"), 400, "white space before the first"},
    {"obs-fold", GET_WITH("X: a\r\n b"), 400, "a header that goes on"},
    {"obs-fold with a tab", GET_WITH("X: a\r\n\tb"), 400, "a header that goes on"},
    {"obs-fold in Transfer-Encoding", POST_WITH("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"), 400, "a header that goes on"},
    {"obs-fold in Content-Length", POST_WITH("Content-Length:\r\n 3", "abc"), 400, "a header that goes on"},
    {"a line of spaces", GET_WITH("X: a\r\n  "), 400, "a header that goes on"},
    {"no colon", GET_WITH("Nothing"), 400, "a header line without a colon"},
    {"empty name", GET_WITH(": a"), 400, "a header without a name"},
    {"space before the colon", POST_WITH("Content-Length : 3", "abc"), 400, "white space between"},
    {"tab before the colon", POST_WITH("Transfer-Encoding\t: chunked", "0\r\n\r\n"), 400, "white space between"},
    {"space in a name", GET_WITH("X Y: a"), 400, "a header name that"},
    {"NUL in a name", GET_WITH("X\0: a"), 400, "a header name that"},
    {"vertical tab in a name", POST_WITH("Transfer-Encoding\x0b: chunked", "0\r\n\r\n"), 400, "a header name that"},
    {"non-ASCII in a name", GET_WITH("\xe9\x82\xbb: a"), 400, "a header name that"},
    {"brackets in a name", GET_WITH("[X]: a"), 400, "a header name that"},
    {"NUL", GET_WITH("X: a\0b"), 400, "NUL or another control"},
    {"escape", GET_WITH("X: \x1b[31m"), 400, "NUL or another control"},
    {"vertical tab before chunked", POST_WITH("Transfer-Encoding: \x0b" "chunked", "0\r\n\r\n"), 400, "NUL or another control"},
    {"DEL in a value", GET_WITH("X: \x7f"), 400, "NUL or another control"},

    /* the head */
    {"no Host", BYTES("GET / HTTP/1.1\r\n\r\n"), 400, "no Host"},
    {"two Hosts", GET_WITH("Host: b"), 400, "more than one Host"},
    {"two Hosts, equal", GET_WITH("HOST: linli.example"), 400, "more than one Host"},
    {"two Hosts in 1.0", BYTES("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), 400, "more than one Host"},
    {"empty Host", BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400, "a Host that is no name"},
    {"Host with a path", BYTES("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400, "a Host that is no name"},
    {"Host with a user", BYTES("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), 400, "a Host that is no name"},
    {"list of Hosts", BYTES("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400, "a Host that is no name"},
    {"port of letters", BYTES("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"), 400, "a Host that is no name"},
    {"half an IPv6", BYTES("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), 400, "a Host that is no name"},
    {"non-ASCII Host", BYTES("GET / HTTP/1.1\r\nHost: \xe9\x82\xbb\r\n\r\n"), 400, "a Host that is no name"},
    {"other authority", TARGET("http://other.example/"), 400, "an absolute target"},
    {"a user in the authority", TARGET("http://x@linli.example/"), 400, "an absolute target"},
    {"absolute without Host", BYTES("GET http://a/ HTTP/1.0\r\n\r\n"), 400, "an absolute target"},
    {"empty authority without Host", BYTES("GET http:///a HTTP/1.0\r\n\r\n"), 400, "an absolute target"},
    {"two lengths", POST_WITH("Content-Length: 3\r\nContent-Length: 4", "abc"), 400, NULL},
    {"two lengths, equal", POST_WITH("Content-Length: 3\r\nContent-Length: 3", "abc"), 400, NULL},
    {"list of lengths", POST_WITH("Content-Length: 3, 3", "abc"), 400, NULL},
    {"plus", POST_WITH("Content-Length: +3", "abc"), 400, NULL},
    {"minus", POST_WITH("Content-Length: -3", "abc"), 400, NULL},
    {"hex", POST_WITH("Content-Length: 0x3", "abc"), 400, NULL},
    {"space inside", POST_WITH("Content-Length: 3 3", "abc"), 400, NULL},
    {"empty length", POST_WITH("Content-Length:", "abc"), 400, NULL},
    {"huge length", POST_WITH("Content-Length: 99999999999999999999999", "abc"), 400, "what llhttp"},
    {"length of 19 digits", POST_WITH("Content-Length: 1000000000000000000", "abc"), 400, "a Content-Length that"},
    {"length and chunks", POST_WITH("Content-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400, NULL},
    {"chunks and length", POST_WITH("Transfer-Encoding: chunked\r\nContent-Length: 3", "0\r\n\r\n"), 400, NULL},
    {"chunks in 1.0", BYTES("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400, "a Transfer-Encoding in"},
    {"xchunked", POST_WITH("Transfer-Encoding: xchunked", "0\r\n\r\n"), 400, "a Transfer-Encoding other"},
    {"identity", POST_WITH("Transfer-Encoding: identity", ""), 400, "a Transfer-Encoding other"},
    {"gzip, chunked", POST_WITH("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), 400, "a Transfer-Encoding other"},
    {"chunked, identity", POST_WITH("Transfer-Encoding: chunked, identity", "0\r\n\r\n"), 400, NULL},
    {"chunked twice", POST_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400, NULL},
    {"chunked, then identity", POST_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"), 400, NULL},
    {"chunked in quotes", POST_WITH("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"), 400, "a Transfer-Encoding other"},
    {"empty encoding", POST_WITH("Transfer-Encoding:", "0\r\n\r\n"), 400, "a Transfer-Encoding other"},
    {"content in GET", BYTES("GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"), 400, "content in GET"},
    {"chunks in HEAD", BYTES("HEAD / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400, "content in GET"},
    {"h2c", GET_WITH("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x"), 501, "Upgrade"},
    {"websocket", GET_WITH("Connection: upgrade\r\nUpgrade: websocket"), 501, "Upgrade"},
    {"Upgrade without Connection", GET_WITH("Upgrade: h2c"), 501, "Upgrade"},
    {"other expectation", POST_WITH("Expect: 200-ok\r\nContent-Length: 1", "x"), 417, "an expectation"},
    {"two expectations", POST_WITH("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1", "x"), 417, "an expectation"},
    {"body too large", POST_WITH("Content-Length: 65", ""), 413, "a body larger"},

    /* chunks */
    {"extension", CHUNKS("3;a=b\r\nabc\r\n0\r\n\r\n"), 400, "chunk extensions"},
    {"extension of the last", CHUNKS("0;a\r\n\r\n"), 400, "chunk extensions"},
    {"bare LF after a size", CHUNKS("3\nabc\r\n0\r\n\r\n"), 400, "a chunk size that is too long"},
    {"endless size", CHUNKS("000000000000000000000000003\r\nabc\r\n0\r\n\r\n"), 400, "a chunk size that is too long"},
    {"space after a size", CHUNKS("3 \r\nabc\r\n0\r\n\r\n"), 400, "a chunk size that is not"},
    {"space before a size", CHUNKS(" 3\r\nabc\r\n0\r\n\r\n"), 400, "a chunk size that is not"},
    {"plus in a size", CHUNKS("+3\r\nabc\r\n0\r\n\r\n"), 400, "a chunk size that is not"},
    {"0x in a size", CHUNKS("0x3\r\nabc\r\n0\r\n\r\n"), 400, "a chunk size that is not"},
    {"CR in a size", CHUNKS("3\r\r\nabc\r\n0\r\n\r\n"), 400, "a chunk size that is not"},
    {"no size", CHUNKS("\r\nabc\r\n0\r\n\r\n"), 400, "a chunk size that is not"},
    {"minus in a size", CHUNKS("-1\r\nabc\r\n0\r\n\r\n"), 400, "a chunk size that is not"},
    {"chunk too large", CHUNKS("41\r\n"), 413, "chunks that add up"},
    {"chunks too large together", CHUNKS("3f\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n"), 400, "a chunk's data"},
    {"second chunk too large", CHUNKS("2\r\nab\r\n3f\r\n"), 413, "chunks that add up"},
    {"size that overflows", CHUNKS("ffffffffffffffff\r\n"), 413, "chunks that add up"},
    {"size that wraps to 3", CHUNKS("10000000000000003\r\nabc\r\n0\r\n\r\n"), 413, "chunks that add up"},
    {"data longer than its size", CHUNKS("3\r\nabcd\r\n0\r\n\r\n"), 400, "a chunk's data"},
    {"bare LF after data", CHUNKS("3\r\nabc\n0\r\n\r\n"), 400, "a chunk's data"},
    {"trailer", CHUNKS("0\r\nX: y\r\n\r\n"), 400, "trailers"},
    {"trailer that frames", CHUNKS("0\r\nContent-Length: 3\r\n\r\n"), 400, "trailers"},
    {"bare LF at the end of chunks", CHUNKS("0\r\n\n"), 400, "trailers"},
};
/* clang-format on */

#endif
