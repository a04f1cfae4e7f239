package redact

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRecent(t *testing.T) {
	var recent Recent
	recent.Add("first-token", "", "first-token")
	assert.Equal(t, "[REDACTED] [REDACTED] other-secret", recent.Redactor("second-one").Text("first-token second-one other-secret"))
	for i := range maxRecent {
		recent.Add(fmt.Sprintf("%d-more-tokens", i), "0-more-tokens")
	}
	assert.Len(t, recent.secrets, maxRecent, "it does not grow")
	assert.Equal(t, "first-token [REDACTED]", recent.Redactor().Text("first-token 15-more-tokens"))

	var none *Recent
	none.Add("first-token")
	assert.Equal(t, "first-token [REDACTED]", none.Redactor("second-one").Text("first-token second-one"))
}

func TestSignatures(t *testing.T) {
	assert.Equal(t, []string{"a%2Bb", "a+b", "c", "d"}, Signatures([]byte(`{"u":"https://storage.example/x?sv=1\u0026sig=a%2Bb\u0026se=1","v":"?SIG=c&x=1"} sig=d`)))
	assert.Empty(t, Signatures(nil))
}
