package redact

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
)

// reading normalizes a text for the search for secrets: it maps each byte to another one, or to 0 to
// drop it.
type reading func(byte) byte

// readings are two ways to normalize a text. The first keeps the punctuation of tokens and signatures,
// and makes both alphabets of base64 the same. The second drops all punctuation.
var readings = [2]reading{
	func(char byte) byte {
		switch char {
		case '-':
			return '+'
		case '_':
			return '/'
		case '.', '~', '+', '/', '=':
			return char
		}
		return letterOrDigit(char)
	},
	letterOrDigit,
}

// letterOrDigit converts letters to lower case, keeps digits and drops everything else.
func letterOrDigit(char byte) byte {
	switch {
	case char >= 'A' && char <= 'Z':
		return char + 'a' - 'A'
	case char >= 'a' && char <= 'z', char >= '0' && char <= '9':
		return char
	}
	return 0
}

// read returns the normalized text, and the position of each of its bytes in the text.
func (r reading) read(text string) (string, []int) {
	result, at := make([]byte, 0, len(text)), make([]int, 0, len(text))
	for i := range len(text) {
		if char := r(text[i]); char != 0 {
			result, at = append(result, char), append(at, i)
		}
	}
	return string(result), at
}

// secretRuns are the runs of a secret, one set per reading.
type secretRuns [2]runs

// runs are the substrings of a secret that must not be shown. They have one length, which is less than
// run only if the secret is shorter.
type runs struct {
	length int
	known  []uint64 // sorted hashes, which take less memory than the substrings
}

// maxSecret is how much of a secret is searched for. Longer tokens are never sent.
const maxSecret = 16 << 10

func runsOf(secret string) (all secretRuns) {
	secret = secret[:min(len(secret), maxSecret)]
	for i, reading := range readings {
		read, _ := reading.read(secret)
		if len(read) < minSecret || i > 0 && len(read) < run { // a short run may be an ordinary word
			continue
		}
		r := &all[i]
		r.length = min(run, len(read))
		r.add(read, 1)
		if r.length == run {
			for _, encoded := range encodings(secret) {
				read, _ := reading.read(encoded.text)
				r.add(read, encoded.step)
			}
		}
		slices.Sort(r.known)
	}
	return all
}

// add adds every run that starts at a multiple of step.
func (r *runs) add(read string, step int) {
	for i := 0; i+r.length <= len(read); i += step {
		r.known = append(r.known, maphash.String(seed, read[i:i+r.length]))
	}
}

// hide calls hide with the first and last index of each run in a normalized text.
func (r *runs) hide(read string, hide func(first, last int)) {
	if r.known == nil {
		return
	}
	for i := 0; i+r.length <= len(read); i++ {
		if _, found := slices.BinarySearch(r.known, maphash.String(seed, read[i:i+r.length])); found {
			hide(i, i+r.length-1)
		}
	}
}

var seed = maphash.MakeSeed()

// encoded is a secret in an encoding such as base64. Since encoding makes it longer, 12 characters of the
// secret always contain a run that starts at a multiple of step.
type encoded struct {
	text string
	step int
}

// encodings returns the encodings of a secret. In base64 and base32, the text before a secret shifts it
// within the groups, so there is one encoding per shift.
func encodings(secret string) (all []encoded) {
	numbers := strings.Builder{}
	for i := range len(secret) {
		numbers.WriteString(strconv.Itoa(int(secret[i])))
	}
	all = append(all, encoded{hex.EncodeToString([]byte(secret)), 12}, encoded{numbers.String(), 12})
	for shift := range 3 {
		all = append(all, encoded{base64.RawStdEncoding.EncodeToString([]byte(secret[shift:])), 3})
	}
	for shift := range 5 {
		all = append(all, encoded{base32.StdEncoding.EncodeToString([]byte(secret[shift:])), 6})
	}
	return all
}
