package vault

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// canaryText is what every use proves itself on. Its label and place are used
// for nothing else.
const canaryText = "meldroute canary 1"

// Canary returns proof of every key in use, to be kept beside the data they
// belong to, some 300 bytes. Renew it after each Promote, before a Retire.
func (v *Vault) Canary() []byte {
	var out []byte
	for _, use := range Uses() {
		proof := v.prove(use)
		out = binary.BigEndian.AppendUint16(out, uint16(len(proof)))
		out = append(out, proof...)
	}
	return out
}

// CheckCanary returns nil if every key behind a canary is enabled in this key
// file, and otherwise ErrWrongKey with the use: another file, an older one, or
// one that lost a key too early. A canary that is itself damaged is ErrWrongKey
// too: nobody can say that this file fits.
func (v *Vault) CheckCanary(canary []byte) error {
	for _, use := range Uses() {
		if len(canary) < 2 {
			return fmt.Errorf("%w: %s", ErrWrongKey, use)
		}
		n := int(binary.BigEndian.Uint16(canary))
		canary = canary[2:]
		if n > len(canary) || !v.proven(use, canary[:n]) {
			return fmt.Errorf("%w: %s", ErrWrongKey, use)
		}
		canary = canary[n:]
	}
	if len(canary) > 0 {
		return fmt.Errorf("%w: unknown use", ErrWrongKey)
	}
	return nil
}

func canaryPlace(use Use) []byte { return AD("canary", string(use), canaryText) }

func (v *Vault) prove(use Use) []byte {
	place := canaryPlace(use)
	switch use {
	case UseWrap:
		return seal(v.wrap, []byte(canaryText), place)
	case UseReporter:
		return seal(v.reporter, []byte(canaryText), place)
	case UseWorking:
		return seal(v.working, []byte(canaryText), place)
	case UseIndex:
		return v.Name(canaryText)
	case UseJournal:
		return v.MAC(place)
	default:
		return v.Sign(place)
	}
}

func (v *Vault) proven(use Use, proof []byte) bool {
	place := canaryPlace(use)
	var err error
	switch use {
	case UseWrap:
		_, err = open(v.wrap, proof, place)
	case UseReporter:
		_, err = open(v.reporter, proof, place)
	case UseWorking:
		_, err = open(v.working, proof, place)
	case UseIndex:
		return slices.ContainsFunc(v.Names(canaryText), func(n []byte) bool { return string(n) == string(proof) })
	case UseJournal:
		return v.VerifyMAC(proof, place)
	default:
		return v.Verify(proof, place)
	}
	return err == nil
}
