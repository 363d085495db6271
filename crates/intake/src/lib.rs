//! What comes in.
