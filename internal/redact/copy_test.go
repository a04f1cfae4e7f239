package redact

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

type concealed struct{ text string }

func (c concealed) Reveal() string { return c.text }

type kind string

type described struct {
	Name  string
	Kind  *kind
	URL   *concealed
	Plain concealed
	Parts []described
	At    time.Time
	Count int
	Extra any
}

func TestCopy(t *testing.T) {
	at, other := time.Now(), kind("KIND\u202e")
	value := &described{
		Name: "see s3cret\n👩\u200d💻", Kind: &other, URL: &concealed{"s3cret"}, Plain: concealed{"s3cret"}, At: at, Count: 3, Extra: "s3cret",
		Parts: []described{{Name: "sig=s1gned", Parts: []described{}}},
	}
	var recent Recent
	recent.Add("s3cret")
	copied := Copy(&recent, value)
	wanted := kind("KIND ")
	assert.Equal(t, &described{Name: "see [REDACTED]\n👩\u200d💻", Kind: &wanted, At: at, Count: 3, Parts: []described{{Name: "[REDACTED]", Parts: []described{}}}}, copied)
	assert.Equal(t, "sig=s1gned", value.Parts[0].Name, "the value must not change")
	assert.Nil(t, Copy(nil, (*described)(nil)))
}
