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

// member is a name that json reads, and the bit of one that is strict.
type member struct {
	name string
	bit  uint16
}

// known are the members that json reads, those that differ in case alone in one place: a map, to
// look each name of a body up in, takes twice as long.
var known = sync.OnceValue(func() (places *[64][]member) {
	places = &[64][]member{}
	for _, model := range []any{api.DeploysPaginated{}, api.Deploy{}, api.Bundle{}, api.Subject{}, api.DeployGit{}} {
		for i := range reflect.TypeOf(model).NumField() {
			name := nameOf(reflect.TypeOf(model).Field(i))
			place := &places[placeOf(name)]
			*place = append(*place, member{name, strict[name]})
		}
	}
	return places
})

func placeOf[T string | []byte](name T) int {
	if len(name) == 0 {
		return 0
	}
	return (len(name)<<3 ^ int(name[0]&31)) % 64 // 31: without the bit of the case
}

// isPlain reports whether package json reads a text, which it accepted, as the service wrote it:
// json takes "Status" for "status" too, and the last of two. What is in doubt is not plain. It
// allocates nothing, so that a usual body costs little more than json's own reading.
func isPlain(text []byte) bool {
	known := known()
	var seen [8]uint16 // the strict members of each object that is open
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
			bit, inDoubt := find(name, known[placeOf(name)])
			if inDoubt || seen[depth]&bit != 0 {
				return false
			}
			seen[depth] |= bit
		}
	}
	return true
}

// endOf returns the length of a string that begins a text and ends in a quote.
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

// isName reports whether what comes after a string makes it the name of a member.
func isName(after []byte) bool {
	for _, c := range after {
		if c > ' ' {
			return c == ':'
		}
	}
	return false
}

// find returns the bit of a known name, and whether it is in doubt which name json takes it for.
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
