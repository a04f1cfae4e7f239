package decode

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// member is the name of a known member, and its bit if it is strict.
type member struct {
	name string
	bit  uint16
}

// known is a hash table of the members that json decodes. Names that differ only in case share a bucket.
// A map would take twice as long.
var known = sync.OnceValue(func() (buckets *[64][]member) {
	buckets = &[64][]member{}
	for _, model := range []any{api.DeploysPaginated{}, api.Deploy{}, api.Bundle{}, api.Subject{}, api.DeployGit{}} {
		for i := range reflect.TypeOf(model).NumField() {
			name := nameOf(reflect.TypeOf(model).Field(i))
			bucket := &buckets[bucketOf(name)]
			*bucket = append(*bucket, member{name, strict[name]})
		}
	}
	return buckets
})

func bucketOf[T string | []byte](name T) int {
	if len(name) == 0 {
		return 0
	}
	return (len(name)<<3 ^ int(name[0]&31)) % 64 // 31 masks the case bit
}

// isPlain reports whether encoding/json, which has accepted the text, decoded exactly what it says: json
// also matches "Status" to "status", and takes the last of two values. isPlain returns false in case of
// doubt. It does not allocate, so a typical body takes little longer to decode.
func isPlain(text []byte) bool {
	known := known()
	var seen [8]uint16 // the strict members seen in each open object
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			if depth++; depth == len(seen) {
				return false
			}
			seen[depth] = 0
		case '}':
			depth--
		case '"':
			begin := i + 1
			i = begin + endOf(text[begin:])
			if !isName(text[i+1:]) {
				continue
			}
			name := text[begin:i]
			bit, inDoubt := find(name, known[bucketOf(name)])
			if inDoubt || seen[depth]&bit != 0 {
				return false
			}
			seen[depth] |= bit
		}
	}
	return true
}

// endOf returns the index of the quote that ends the string at the start of a text.
func endOf(text []byte) (end int) {
	for {
		end += bytes.IndexByte(text[end:], '"')
		slash := end
		for slash > 0 && text[slash-1] == '\\' {
			slash--
		}
		if (end-slash)%2 == 0 {
			return end
		}
		end++
	}
}

// isName reports whether a colon follows a string, which makes it the name of a member.
func isName(after []byte) bool {
	for _, c := range after {
		if c > ' ' {
			return c == ':'
		}
	}
	return false
}

// find returns the bit of a known name, and whether it is unclear which name json matches it to.
func find(name []byte, among []member) (bit uint16, inDoubt bool) {
	for _, one := range among {
		if one.name == string(name) {
			return one.bit, false
		}
	}
	for _, c := range name {
		if c == '\\' || c >= utf8.RuneSelf {
			return 0, true
		}
	}
	return 0, slices.ContainsFunc(among, func(one member) bool {
		return len(one.name) == len(name) && strings.EqualFold(one.name, string(name))
	})
}
