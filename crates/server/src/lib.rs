//! Where it is asked.
