package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// words are roughly sorted by frequency.
var words = strings.Fields(`
	order customer daily report sales product total region stock price account invoice payment
	store delivery return monthly campaign channel supplier garden kitchen table chair lamp blue
	green wooden steel cotton shirt shoes winter summer jacket leather glass bottle coffee tea
	paper notebook desk office monitor keyboard mouse cable wireless travel bag kids puzzle book
	plate mug silver ring watch running bike helmet mountain tent boots belt hose soap candle
	vintage large small premium basic refill spare wall floor window door bath towel pillow
	blanket curtain frame mirror shelf basket box tray spoon knife pan oven toaster kettle fan
	heater filter battery charger adapter speaker headset camera lens tripod printer scanner`)

var cities = strings.Fields("Berlin Lisbon Oslo Cairo Lima Austin Osaka Leeds Quito Accra Dublin Turin Porto Malmo Tunis Perth")

var states = strings.Fields("delivered shipped pending returned cancelled")

// author generates the text of one file.
type author struct {
	source *rand.ChaCha8
	random *rand.Rand
	common *rand.Zipf
}

// newAuthor returns the author of one file, which generates the same text in each run.
func newAuthor(path string, number int) *author {
	var key [32]byte
	copy(key[:], fmt.Sprint(number, path))
	source := rand.NewChaCha8(key)
	random := rand.New(source)
	return &author{source: source, random: random, common: rand.NewZipf(random, 1.2, 8, uint64(len(words)-1))}
}

func (a *author) word() string { return words[a.common.Uint64()] }

func (a *author) words(count int, between string) string {
	chosen := make([]string, count)
	for i := range chosen {
		chosen[i] = a.word()
	}
	return strings.Join(chosen, between)
}

func (a *author) between(low, high int) int { return low + a.random.IntN(high-low+1) }

func (a *author) oneOf(texts []string) string { return texts[a.random.IntN(len(texts))] }
