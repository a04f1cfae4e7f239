//go:build !race

package chaostest

// UnderRace is whether the race detector is on, which takes many times as long.
const UnderRace = false
