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

// reading is how a text is read where secrets are looked for: what it returns of a byte in place of
// that byte, or 0 to leave it out.
type reading func(byte) byte

// readings are with the punctuation that tokens and signatures have, where both alphabets of base64
// are one, and without any, whatever separates the characters.
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

// letterOrDigit takes upper and lower case for the same.
func letterOrDigit(char byte) byte {
	switch {
	case char >= 'A' && char <= 'Z':
		return char + 'a' - 'A'
	case char >= 'a' && char <= 'z', char >= '0' && char <= '9':
		return char
	}
	return 0
}

// read returns the text as it is read, and where each byte of that is.
func (r reading) read(text string) (string, []int) {
	kept, at := make([]byte, 0, len(text)), make([]int, 0, len(text))
	for i := range len(text) {
		if char := r(text[i]); char != 0 {
			kept, at = append(kept, char), append(at, i)
		}
	}
	return string(kept), at
}

// secretRuns are the runs of a secret by each reading.
type secretRuns [2]runs

// runs are runs of one length, which is less than run if the secret is shorter.
type runs struct {
	length int
	known  []uint64 // their hashes, in order, which take an eighth of their room
}

// maxSecret is how much of a secret is looked for. No token is as long: a longer one is never sent.
const maxSecret = 16 << 10

func runsOf(secret string) (all secretRuns) {
	secret = secret[:min(len(secret), maxSecret)]
	for i, reading := range readings {
		read, _ := reading.read(secret)
		if len(read) < minSecret || i > 0 && len(read) < run { // a short one is a word in other texts
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

// add adds every run of what was read that begins at a multiple of step.
func (r *runs) add(read string, step int) {
	for i := 0; i+r.length <= len(read); i += step {
		r.known = append(r.known, maphash.String(seed, read[i:i+r.length]))
	}
}

// hide hides from the first to the last byte of each run in what was read.
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

// encoded is a secret in an encoding that is no escape. 12 characters of the secret are so many more
// of the encoding that they have a run in them at a multiple of step.
type encoded struct {
	text string
	step int
}

// encodings are the encodings of a secret. What stands before it shifts it within the groups of
// base64 and base32.
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
