package vault

// MAC returns the keyed code of a journal line or link, 37 bytes, the key's id
// included. What b is (a line, a link, a head) must be said in b: the same
// bytes give the same code wherever they stand.
func (v *Vault) MAC(b []byte) []byte {
	sum, err := v.journal.ComputeMAC(b)
	if err != nil {
		// HMAC takes any bytes; Parse has tried the key.
		panic("vault: mac: the journal key does not work")
	}
	return sum
}

// VerifyMAC reports whether mac is the code of b under an enabled key. It takes
// the same time wherever they differ.
func (v *Vault) VerifyMAC(mac, b []byte) bool { return v.journal.VerifyMAC(mac, b) == nil }

// Sign signs a destruction record or a checkpoint, with Ed25519 (RFC 8032): 69
// bytes, the key's id included. What b is must be said in b.
func (v *Vault) Sign(b []byte) []byte {
	sig, err := v.signer.Sign(b)
	if err != nil {
		// Ed25519 signs any bytes; Parse has tried the key.
		panic("vault: sign: the signature key does not work")
	}
	return sig
}

// Verify reports whether sig is a signature of b under an enabled key.
func (v *Vault) Verify(sig, b []byte) bool { return v.verifier.Verify(sig, b) == nil }
