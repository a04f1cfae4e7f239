package chaostest

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"mime/quotedprintable"
	"net/url"
	"strings"
)

// Spellings are the encodings in which a response may echo a secret.
var Spellings = map[string]func(secret string) string{
	"unchanged":           func(secret string) string { return secret },
	"first half":          func(secret string) string { return secret[:len(secret)/2] },
	"second half":         func(secret string) string { return secret[len(secret)/2:] },
	"cut":                 func(secret string) string { return secret[:min(len(secret), 40)] + "..." },
	"upper case":          strings.ToUpper,
	"lower case":          strings.ToLower,
	"in quotes":           func(secret string) string { return quoted("sig " + secret) },
	"in JSON in JSON":     func(secret string) string { return quoted(quoted(secret)) },
	"JSON member":         func(secret string) string { return `{"sig":` + quoted(secret) + `}` },
	"slashes escaped":     func(secret string) string { return strings.ReplaceAll(secret, "/", `\/`) },
	"query":               url.QueryEscape,
	"query in a query":    func(secret string) string { return url.QueryEscape(url.QueryEscape(secret)) },
	"percent":             each("%%%02X"),
	"percent, lower case": each("%%%02x"),
	"percent in percent":  each("%%25%02x"),
	`\u`:                  each(`\u%04x`),
	`\u{}`:                each(`\u{%x}`),
	`\U`:                  each(`\U%08x`),
	`\x`:                  each(`\x%02x`),
	"octal":               each(`\%03o`),
	"HTML":                html.EscapeString,
	"HTML, decimal":       each("&#%d;"),
	"HTML, hexadecimal":   each("&#x%x;"),
	"HTML in HTML":        each("&amp;#%d;"),
	"quoted-printable":    quotedPrintable,
	"base64":              func(secret string) string { return base64.StdEncoding.EncodeToString([]byte(secret)) },
	"base64 of a header":  func(secret string) string { return base64.StdEncoding.EncodeToString([]byte("Bearer " + secret)) },
	"base64url":           func(secret string) string { return base64.RawURLEncoding.EncodeToString([]byte("token:" + secret)) },
	"base64 in lines":     func(secret string) string { return folded(base64.StdEncoding.EncodeToString([]byte(secret))) },
	"base64, escaped":     func(secret string) string { return each("%%%02X")(base64.StdEncoding.EncodeToString([]byte(secret))) },
	"base32":              func(secret string) string { return base32.StdEncoding.EncodeToString([]byte("- " + secret)) },
	"hexadecimal":         each("%02x"),
	"hexadecimal, spaced": each("%02X "),
	"hexadecimal, 0x":     each("0x%02x, "),
	"hexadecimal, colons": each("%02x:"),
	"decimal":             each("%d "),
	"code points":         each("U+%04X "),
	"UTF-16":              each("%c\x00"),
	"blanks between":      each("%c "),
	"one per line":        each("%c\r\n"),
	"zero-width spaces":   each("%c\u200b"),
	"dots between":        each("%c."),
	"in lines":            folded,
	`lines by \n`:         each(`%c\n`),
	"percent of UTF-8":    each("%c%%E2%%80%%8B"),
	`\x{}`:                each(`\x{%x}`),
	"HTML without ;":      each("&#x%x"),
}

// each formats every byte of a secret.
func each(format string) func(string) string {
	return func(secret string) string {
		var spelled strings.Builder
		for i := range len(secret) {
			fmt.Fprintf(&spelled, format, secret[i])
		}
		return spelled.String()
	}
}

func quoted(text string) string {
	encoded, _ := json.Marshal(text)
	return string(encoded)
}

// folded breaks a text into lines, as mail does.
func folded(text string) string {
	var lines strings.Builder
	for ; len(text) > 10; text = text[10:] {
		lines.WriteString(text[:10] + "\r\n\t")
	}
	return lines.String() + text
}

// quotedPrintable also breaks lines.
func quotedPrintable(text string) string {
	var spelled strings.Builder
	writer := quotedprintable.NewWriter(&spelled)
	_, _ = writer.Write([]byte(text))
	_ = writer.Close()
	return spelled.String()
}

// Shows reports whether a text contains about 15 consecutive characters of a secret, as they are in
// spelled.
func Shows(text, secret, spelled string) bool {
	run := max(12, (12*len(spelled)+len(secret)-1)/len(secret))
	for _, text := range []string{text, unquoted.Replace(text), unquoted.Replace(unquoted.Replace(text))} {
		for first := 0; first+run <= len(spelled); first += run / 4 {
			if strings.Contains(text, spelled[first:first+run]) {
				return true
			}
		}
	}
	return false
}

// unquoted undoes the escapes of JSON, %q and slog's text handler.
var unquoted = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\r`, "\r", `\n`, "\n", `\t`, "\t", `\u200b`, "\u200b", `\u0000`, "\x00", `\x00`, "\x00", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&")

// RandomSecret returns a secret that looks like a token or signature.
func RandomSecret(random *rand.Rand) string {
	alphabets := []string{letters + "-_", letters + "+/", "0123456789abcdef", letters + "-._~+/"}
	alphabet := alphabets[random.IntN(len(alphabets))]
	secret := make([]byte, 32+random.IntN(40))
	for i := range secret {
		secret[i] = alphabet[random.IntN(len(alphabet))]
	}
	if random.IntN(2) == 0 {
		secret[len(secret)/3], secret[2*len(secret)/3] = '.', '.' // a JWT
	}
	return string(secret)
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
