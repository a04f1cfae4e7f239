package redact_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/internal/chaostest"
	"github.com/astro-finalize/astro-finalize-go/internal/redact"
)

// In no encoding are twelve consecutive characters of a secret shown.
func TestTextMasksEveryEncoding(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		secret := chaostest.RandomSecret(random)
		known := redact.New(secret)
		for name, spell := range chaostest.Spellings {
			spelled := spell(secret)
			require.True(t, chaostest.Shows(spelled, secret, spelled), name)
			text := known.Text("<" + spelled + ">")
			require.False(t, chaostest.Shows(text, secret, spelled), "%s: %s", name, text)
			require.Equal(t, "<", text[:1])
			require.Equal(t, ">", text[len(text)-1:])
		}
	}
}
